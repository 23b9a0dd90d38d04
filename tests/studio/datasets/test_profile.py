"""The profile's numbers against what NumPy and the generator say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from studiolo.studio.datasets import looking
from studiolo.studio.datasets.formats.base import Source
from studiolo.studio.datasets.profile import correlations, footers, sampled
from studiolo.studio.datasets.profile.compute import How, profile
from studiolo.studio.datasets.profile_schemas import ColumnProfile, Profile
from studiolo.studio.datasets.reading.table_input import TableInput

MakeProfile = Callable[..., Profile]


@pytest.fixture
def make(tmp_path: Path) -> MakeProfile:
    """Write the answer of a SELECT as a file and profile it."""

    def of(select: str, name: str = "t.parquet", **options: Any) -> Profile:
        path = tmp_path / name
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({select}) TO '{path}'")
        return of_file(path, **options)

    def of_file(path: Path, **options: Any) -> Profile:
        look, spill = tmp_path / "look", tmp_path / "spill"
        look.mkdir(exist_ok=True)
        spill.mkdir(exist_ok=True)
        found = looking.inspect(Source(path, path.name, look))
        report = options.pop("report", lambda share, label: None)
        return profile(TableInput.of(found.readable or path, found.schema), spill, report=report, how=How(**options))

    of.file = of_file  # type: ignore[attr-defined]
    return of


def column(found: Profile, name: str) -> ColumnProfile:
    return next(entry for entry in found.columns if entry.name == name)


def test_numbers_are_exact_for_a_small_table(make: MakeProfile) -> None:
    values = np.random.default_rng(1).normal(5, 2, 5000)
    values[::10] = np.nan
    listed = ", ".join("NULL" if np.isnan(v) else repr(float(v)) for v in values)
    found = column(make(f"SELECT unnest([{listed}])::DOUBLE AS x"), "x")
    there = values[~np.isnan(values)]
    assert (found.count, found.missing, found.distinct, found.distinct_exact) == (4500, 500, 4500, True)
    assert found.mean == pytest.approx(there.mean(), rel=1e-9)
    assert found.std == pytest.approx(there.std(ddof=1), rel=1e-9)
    assert (found.min, found.max) == (there.min(), there.max())
    for q in (0.05, 0.5, 0.99):
        assert found.quantiles[f"{q:g}"] == pytest.approx(np.quantile(there, q), rel=1e-12)
    assert found.edges == pytest.approx(np.quantile(there, np.linspace(0, 1, 201)), rel=1e-12)
    assert found.histogram is not None
    assert found.histogram.counts == np.histogram(there, bins=32)[0].tolist()


def test_texts_dates_and_truths(make: MakeProfile) -> None:
    found = make(
        "SELECT CASE WHEN i % 4 = 0 THEN 'red' WHEN i % 4 = 1 THEN NULL ELSE 'blue' END AS s, "
        "DATE '2024-01-01' + i::INTEGER AS d, TIMESTAMP '2024-01-01 12:00:00' AS t, i % 5 = 0 AS b FROM range(100) r(i)",
        "t.csv",
    )
    s, d, t, b = (column(found, name) for name in "sdtb")
    assert [(top.value, top.count) for top in s.top] == [("blue", 50), ("red", 25)]
    assert s.top[0].share == pytest.approx(2 / 3)
    assert (s.min_length, s.max_length, s.distinct, s.missing) == (3, 4, 2, 25)
    assert (d.min, d.max, d.quantiles["0.5"]) == ("2024-01-01", "2024-04-09", "2024-02-19")
    assert (t.min, t.distinct) == ("2024-01-01T12:00:00", 1)
    assert (b.true_count, b.distinct) == (20, 2)
    assert found.missing_patterns[0].columns == []
    assert (found.missing_patterns[1].columns, found.missing_patterns[1].rows) == (["s"], 25)


def test_a_large_table_is_sampled_and_the_counters_stay_exact(make: MakeProfile) -> None:
    found = make(
        "SELECT i AS id, (i % 1000)::INTEGER AS k, i * 0.001 AS x, CASE WHEN i % 3 > 0 THEN 'v' || (i % 7) END AS s "
        "FROM range(300000) r(i)",
        exact_rows=100_000,
        sample_rows=20_000,
    )
    assert not found.sample.exact
    assert 19_000 < found.sample.rows < 21_000
    assert "random sample" in found.sample.note
    x, k, s = column(found, "x"), column(found, "k"), column(found, "s")
    assert (x.count, x.min, x.max) == (300_000, 0.0, pytest.approx(299.999))
    assert x.mean == pytest.approx(149.9995, rel=1e-9)
    assert x.std == pytest.approx(np.arange(300_000).std(ddof=1) / 1000, rel=1e-9)
    assert x.quantiles["0.5"] == pytest.approx(150, rel=0.03)
    assert k.distinct == pytest.approx(1000, rel=0.05)
    assert (s.count, s.missing) == (200_000, 100_000)
    assert s.top[0].count == pytest.approx(200_000 / 7, rel=0.1)
    assert x.histogram is not None
    assert sum(x.histogram.counts) == pytest.approx(300_000, rel=0.001)


def test_a_wide_table_of_few_rows_is_exact(make: MakeProfile) -> None:
    columns = ", ".join(f"(i * {c + 1}) % 1009 AS c{c}" for c in range(230))
    found = make(f"SELECT {columns} FROM range(3000) r(i)")
    assert found.sample.exact
    assert {entry.distinct for entry in found.columns} == {1009}


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_a_wide_table_is_profiled_in_groups(make: MakeProfile, name: str) -> None:
    columns = ", ".join(f"(i * {c + 1}) % 97 AS c{c}" for c in range(230))
    found = make(
        f"SELECT {columns}, DATE '2024-01-01' AS d FROM range(4000) r(i)", name, exact_rows=10, sample_rows=1000
    )
    assert len(found.columns) == 231
    assert not found.sample.exact
    assert column(found, "c229").max == 96
    assert column(found, "d").min == "2024-01-01"
    assert found.correlations.pearson is not None
    assert len(found.correlations.pearson.columns) == 50
    diagonal = [found.correlations.pearson.values[i][i] for i in range(50)]
    assert diagonal == [pytest.approx(1.0)] * 50


def test_rows_of_all_groups_are_the_same(make: MakeProfile) -> None:
    """Two equal columns in different groups correlate fully only when their sampled rows are the same ones."""
    others = ", ".join(f"'t' AS s{c}" for c in range(210))
    found = make(
        f"SELECT hash(i) % 1000 AS a, {others}, hash(i) % 1000 AS b FROM range(5000) r(i)",
        exact_rows=10,
        sample_rows=2000,
    )
    assert found.correlations.pearson is not None
    assert found.correlations.pearson.values[0][1] == pytest.approx(1.0)


@pytest.mark.parametrize("exact_rows", [10, 1_000_000])
def test_nan_is_missing_and_infinity_is_counted_apart(make: MakeProfile, exact_rows: int) -> None:
    found = make(
        "SELECT CASE WHEN i < 10 THEN 'nan'::DOUBLE WHEN i < 15 THEN 'inf'::DOUBLE ELSE i END AS x FROM range(3000) r(i)",
        exact_rows=exact_rows,
    )
    x = column(found, "x")
    assert (x.missing, x.infinite, x.count) == (10, 5, 2990)
    assert (x.min, x.max) == (15.0, 2999.0)
    assert x.mean == pytest.approx(np.arange(15, 3000).mean())
    assert "infinite" in {alert.kind for alert in found.alerts}
    found.model_dump_json()


def test_numbers_near_the_limit_do_not_overflow(make: MakeProfile) -> None:
    found = column(make("SELECT CASE WHEN i % 2 = 0 THEN 1e308 ELSE -1e308 END AS x FROM range(1000) r(i)"), "x")
    assert (found.min, found.max) == (-1e308, 1e308)
    assert found.std is not None
    assert found.std == pytest.approx(1e308, rel=0.01)


def test_dates_beyond_the_year_9999_and_without_end(make: MakeProfile) -> None:
    found = make(
        "SELECT CASE WHEN i = 0 THEN DATE '12345-06-07' WHEN i = 1 THEN DATE 'infinity' "
        "WHEN i = 2 THEN DATE '0001-01-01' ELSE DATE '2024-01-01' END AS d FROM range(50) r(i)"
    )
    d = column(found, "d")
    assert (d.min, d.max, d.infinite, d.count) == ("0001-01-01", "12345-06-07", 1, 50)


def test_an_empty_column_and_a_constant_are_told(make: MakeProfile) -> None:
    found = make("SELECT NULL::DOUBLE AS nothing, 7 AS same, i AS n, i * 2 AS twice FROM range(50) r(i)")
    said = {(alert.kind, alert.column) for alert in found.alerts}
    assert {("missing", "nothing"), ("constant", "same"), ("unique", "n"), ("correlated", "twice")} <= said
    assert column(found, "nothing").missing_share == 1.0


def test_a_rare_yes_is_not_called_skewed(make: MakeProfile) -> None:
    found = make(
        "SELECT (i % 100 = 0)::INT AS flag, CASE WHEN i % 100 = 0 THEN i ELSE 1 END AS odd FROM range(2000) r(i)"
    )
    assert {alert.column for alert in found.alerts if alert.kind == "skewed"} == {"odd"}


def test_progress_goes_up_to_the_end(make: MakeProfile, tmp_path: Path) -> None:
    seen: list[float] = []
    make("SELECT i AS a, i::VARCHAR AS b FROM range(2000) r(i)", report=lambda share, label: seen.append(share))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_extremes_of_texts_come_from_footers_that_are_exact(make: MakeProfile, tmp_path: Path) -> None:
    select = """SELECT CASE WHEN i >= 2048 THEN chr(90 + (i % 200)::INTEGER) || i END AS short, 'é' || repeat('x', 300) || i AS long,
        '' AS empty, {a: 'in ' || i} AS inside, i AS "n, o" FROM range(6144) t(i)"""
    path = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{path}' (ROW_GROUP_SIZE 2048)")
        names = ("short", "long", "empty")
        asked = ", ".join(f"min({name}), max({name})" for name in names)
        ends = connection.execute(f"SELECT {asked} FROM '{path}'").fetchall()[0]
        found = make.file(path, exact_rows=100)  # type: ignore[attr-defined]
        schema = looking.inspect(Source(path, path.name, tmp_path)).schema
        told = footers.extremes(connection, TableInput.of(path, schema), schema.columns)
    assert set(told) == {"short", "empty"}  # of the long ones the writer kept a part
    for name, low, high in zip(names, ends[::2], ends[1::2], strict=True):
        assert (column(found, name).min, column(found, name).max) == (low[:200], high[:200])
    assert column(found, "empty").empty == 6144
    assert column(found, "inside").missing == 0


def test_odd_names_are_quoted(make: MakeProfile) -> None:
    found = make("""SELECT i AS "a ""quoted"", name'", i AS "select" FROM range(30) r(i)""", exact_rows=3)
    assert [entry.max for entry in found.columns] == [29, 29]


def test_pearson_leaves_out_rows_with_gaps_pairwise() -> None:
    rng = np.random.default_rng(2)
    table = rng.normal(size=(500, 3)) + 1e6
    table[:, 1] += table[:, 0]
    table[rng.random((500, 3)) < 0.2] = np.nan
    found = correlations.pearson({name: table[:, i] for i, name in enumerate("abc")})
    assert found is not None
    for i in range(3):
        for j in range(3):
            both = np.isfinite(table[:, i]) & np.isfinite(table[:, j])
            wanted = np.corrcoef(table[both, i], table[both, j])[0, 1]
            assert found.values[i][j] == pytest.approx(wanted, abs=1e-6)


def test_spearman_sees_any_rising_curve() -> None:
    x = np.linspace(0.1, 5, 200)
    found = correlations.spearman({"x": x, "y": np.exp(x), "z": np.round(-x)})
    assert found is not None
    assert found.values[0][1] == pytest.approx(1.0)
    assert found.values[0][2] == pytest.approx(-0.98, abs=0.03)


def test_truths_and_texts_are_compared_row_by_row(make: MakeProfile) -> None:
    found = make(
        "SELECT i % 2 = 0 AS even, CASE WHEN i % 10 = 3 THEN NULL WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END AS word, "
        "i % 3 = 0 AS third FROM range(3000) r(i)",
        "t.parquet",
    )
    matrix = found.correlations.cramers_v
    assert matrix is not None
    assert matrix.columns == ["even", "word", "third"]
    assert matrix.values[0] == [pytest.approx(1, abs=0.01), pytest.approx(1, abs=0.01), pytest.approx(0, abs=0.03)]


def test_cramers_v_knows_sameness_and_independence() -> None:
    rng = np.random.default_rng(3)
    a = rng.integers(0, 4, 4000)
    found = correlations.cramers_v({"a": a, "same": (a + 1) % 4, "other": rng.integers(0, 3, 4000)})
    assert found is not None
    assert found.values[0][1] == pytest.approx(1.0, abs=1e-3)
    assert found.values[0][2] == pytest.approx(0.0, abs=0.05)


def test_a_histogram_of_few_integers_has_a_bin_each() -> None:
    values = np.array([1.0, 1.0, 2.0, 4.0])
    found = sampled.histogram(values, 1, 4, 1.0, whole=True)
    assert found.edges == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert found.counts == [2, 1, 0, 1]
