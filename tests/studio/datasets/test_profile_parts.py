"""Parts of profiles: they merge into the same numbers, and an appended version is profiled from the new files alone."""

import dataclasses
import json
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy import stats

from studiolo.studio.datasets import looking
from studiolo.studio.datasets.formats.base import Source
from studiolo.studio.datasets.profile import job, leaks, repeats
from studiolo.studio.datasets.profile.compute import How, profile
from studiolo.studio.datasets.profile.cover import LARGE, File, Kept, cover
from studiolo.studio.datasets.profile.names import PARTS_FILE, PARTS_FOLDER
from studiolo.studio.datasets.profile.parts import Part
from studiolo.studio.datasets.profile.sketch import Sketch, settled
from studiolo.studio.datasets.profile.state import Moments
from studiolo.studio.datasets.profile_schemas import ColumnProfile, Profile
from studiolo.studio.datasets.reading.table_input import TableInput

ROWS = 300_000
SELECT = """SELECT i AS id, (hash(i) % 1000)::INTEGER AS k, sin(i) * 3 + 1e6 AS x, exp(sin(i * 7.0) * 2) AS skewed,
    CASE WHEN i % 3 > 0 THEN 'v' || (hash(i) % 70000) END AS s, TIMESTAMP '2024-01-01' + to_seconds(i) AS t,
    i % 4 = 0 AS b, CASE WHEN i % 10 = 0 THEN '' ELSE 'word' END AS e FROM range({0}, {1}) r(i)"""
SAMPLED = How(exact_rows=1000, sample_rows=100_000)


def write(folder: Path, number: int, start: int, end: int, select: str = SELECT) -> Path:
    path = folder / f"part-{number}.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select.format(start, end)}) TO '{path}'")
    return path


def table(folder: Path, paths: list[Path], rows: int) -> TableInput:
    work = folder / "look"
    work.mkdir(exist_ok=True)
    schema = looking.inspect(Source(paths[0], paths[0].name, work)).schema
    return TableInput(tuple(paths), tuple(path.name for path in paths), schema.model_copy(update={"rows": rows}))


def run(folder: Path, given: TableInput, kept: Path, name: str, how: How = SAMPLED) -> tuple[Profile, Path]:
    outputs, spill = folder / name, folder / f"{name}-spill"
    outputs.mkdir()
    spill.mkdir()
    marks = [path.name for path in given.files]
    return job.run(given, marks, kept, outputs, spill, how, lambda share, label: None), outputs


def column(found: Profile, name: str) -> ColumnProfile:
    return next(entry for entry in found.columns if entry.name == name)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TableInput]:
    folder = tmp_path_factory.mktemp("whole")
    return folder, table(folder, [write(folder, 0, 0, ROWS)], ROWS)


def test_an_appended_version_is_profiled_from_the_new_file_alone(tmp_path: Path) -> None:
    paths = [write(tmp_path, n, n * 50_000, (n + 1) * 50_000) for n in range(3)]
    first, outputs = run(tmp_path, table(tmp_path, paths[:2], 100_000), tmp_path / "none", "first")
    assert first.parts is not None
    assert (first.parts.reused, first.parts.files) == (0, 2)
    paths[0].write_bytes(b"gone: nobody may read it again")
    paths[1].write_bytes(b"gone")
    fresh = table(tmp_path, [paths[2]], 50_000)
    names = tuple(path.name for path in paths)
    given = TableInput(tuple(paths), names, fresh.schema.model_copy(update={"rows": 150_000}))
    second, _ = run(tmp_path, given, outputs / PARTS_FOLDER, "second")
    assert second.parts is not None
    assert (second.parts.reused, second.parts.computed, second.parts.files) == (1, 1, 1)
    told = json.loads((tmp_path / "second" / PARTS_FILE).read_text())
    assert len(told["used"]) == len(told["new"]) == 1
    i = np.arange(150_000)
    x = np.sin(i) * 3 + 1e6
    assert second.rows == 150_000
    assert (column(second, "id").min, column(second, "id").max) == (0, 149_999)
    assert column(second, "x").mean == pytest.approx(x.mean(), rel=1e-9)
    assert column(second, "x").std == pytest.approx(x.std(ddof=1), rel=1e-9)
    assert column(second, "s").missing == 50_000
    assert column(second, "id").quantiles["0.5"] == pytest.approx(75_000, rel=0.02)


def test_a_part_that_cannot_be_read_is_made_again(tmp_path: Path) -> None:
    given = table(tmp_path, [write(tmp_path, 0, 0, 5000)], 5000)
    _, outputs = run(tmp_path, given, tmp_path / "none", "first")
    for path in (outputs / PARTS_FOLDER).iterdir():
        path.write_bytes(path.read_bytes()[:1000])
    found, _ = run(tmp_path, given, outputs / PARTS_FOLDER, "second")
    assert found.parts is not None
    assert (found.parts.reused, found.parts.computed) == (0, 1)


def test_a_thin_sample_does_not_make_a_small_table_exact(tmp_path: Path) -> None:
    given = table(tmp_path, [write(tmp_path, 0, 0, 5000)], 5000)
    _, outputs = run(tmp_path, given, tmp_path / "none", "first", How(exact_rows=10, sample_rows=1000))
    found, _ = run(tmp_path, given, outputs / PARTS_FOLDER, "second", How())
    assert found.sample.exact
    assert column(found, "id").distinct == 5000


def exact_values() -> dict[str, np.ndarray]:
    i = np.arange(ROWS)
    return {"id": i.astype(float), "x": np.sin(i) * 3 + 1e6, "skewed": np.exp(np.sin(i * 7.0) * 2)}


def test_a_sampled_profile_holds_its_bounds(whole: tuple[Path, TableInput], tmp_path: Path) -> None:
    """Counters to 1e-9, distinct values within 5 %, quantiles within 0.5 % of rank, moments near scipy's."""
    found = profile(whole[1], tmp_path, how=SAMPLED)
    assert not found.sample.exact
    for name, values in exact_values().items():
        it = column(found, name)
        assert (it.count, it.missing) == (ROWS, 0)
        assert it.min == pytest.approx(values.min(), rel=1e-12)
        assert it.max == pytest.approx(values.max(), rel=1e-12)
        assert it.mean == pytest.approx(values.mean(), rel=1e-9)
        assert it.variance == pytest.approx(values.var(ddof=1), rel=1e-9)
        ordered = np.sort(values)
        for share, value in it.quantiles.items():
            assert abs(np.searchsorted(ordered, value) / ROWS - float(share)) < 0.005, (name, share)
        assert it.skewness == pytest.approx(stats.skew(values), abs=0.05)
        assert it.kurtosis == pytest.approx(stats.kurtosis(values), abs=0.1)
        assert it.distinct == pytest.approx(len(np.unique(values)), rel=0.05)
    assert column(found, "k").distinct == 1000
    with duckdb.connect() as connection:
        wanted = connection.execute(f"SELECT count(DISTINCT s), count(s) FROM '{whole[1].files[0]}'").fetchall()[0]
    assert column(found, "s").distinct == pytest.approx(wanted[0], rel=0.05)
    assert column(found, "s").count == wanted[1]
    assert column(found, "e").empty == ROWS // 10
    assert column(found, "b").true_count == ROWS // 4
    assert column(found, "t").range_seconds == ROWS - 1
    assert column(found, "s").top[0].count < 3 * ROWS / 70_000 + 50


def test_exactly_means_all_rows(whole: tuple[Path, TableInput], tmp_path: Path) -> None:
    seen: list[float] = []
    how = dataclasses.replace(SAMPLED, exact=True, sample_rows=2000)
    found = profile(whole[1], tmp_path, how=how, report=lambda share, label: seen.append(share))
    assert found.sample.exact
    assert found.duplicate_rows == 0
    assert seen == sorted(seen)
    for name, values in exact_values().items():
        it = column(found, name)
        assert it.distinct == len(np.unique(values))
        for share, value in it.quantiles.items():
            assert value == pytest.approx(np.quantile(values, float(share)), rel=1e-12)
        assert it.edges == pytest.approx(np.quantile(values, np.linspace(0, 1, 201)), rel=1e-12)
        assert it.histogram is not None
        assert it.histogram.counts == np.histogram(values, bins=it.histogram.edges)[0].tolist()
        assert it.skewness == pytest.approx(stats.skew(values), abs=1e-9)
        assert it.kurtosis == pytest.approx(stats.kurtosis(values), abs=1e-9)
    k = column(found, "k")
    with duckdb.connect() as connection:
        source = f"'{whole[1].files[0]}'"
        top = connection.execute(
            f"SELECT k, count(*) n FROM {source} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10"
        ).fetchall()
        texts = connection.execute(
            f"SELECT count(DISTINCT s), min(length(s)), avg(length(s)) FROM {source}"
        ).fetchall()[0]
    assert [entry.count for entry in k.top] == [n for _, n in top]
    s = column(found, "s")
    assert (s.distinct, s.min_length, s.mean_length) == (texts[0], texts[1], pytest.approx(texts[2]))


def test_moments_of_parts_are_those_of_the_whole() -> None:
    rng = np.random.default_rng(5)
    values = rng.lognormal(size=10_000) + 1e7
    found = Moments()
    for part in np.array_split(values, [10, 11, 5000]):
        around = float(part[0])
        d = part - around
        found = found.merged(Moments.of_sums(len(part), around, float(d.sum()), float((d * d).sum())))
    assert found.n == len(values)
    assert found.mean == pytest.approx(values.mean(), rel=1e-12)
    assert found.variance == pytest.approx(values.var(ddof=1), rel=1e-9)


def test_sketches_of_parts_are_that_of_the_whole() -> None:
    def sketch(start: int, end: int) -> Sketch:
        query = f"SELECT approx_count_distinct(i) EXPORT_STATE FROM range({start}, {end}) t(i)"
        with duckdb.connect() as connection:
            return Sketch.of(connection.execute(query).fetchall()[0][0])

    merged = sketch(0, 60_000).merged(sketch(40_000, 100_000))
    assert Sketch.unpacked(merged.packed()).estimate() == sketch(0, 100_000).estimate()
    assert merged.estimate() == pytest.approx(100_000, rel=0.12)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ((104, 100, 0, 0, 10_000, 1_000_000), 100),  # all were seen, again and again
        ((960_000, 10_000, 10_000, 0, 10_000, 1_000_000), 1_000_000),  # all are different
        ((50_000, 9_000, 8_500, 200, 10_000, 1_000_000), 50_000),  # a long tail: the sketch alone knows
    ],
)
def test_the_sample_corrects_the_sketch_where_it_knows_better(given: tuple[int, ...], wanted: int) -> None:
    assert settled(*given) == wanted


def test_rows_that_are_there_twice_are_estimated() -> None:
    rng = np.random.default_rng(6)
    rows = np.concatenate([np.arange(900_000), rng.choice(900_000, 100_000, replace=False)])
    sample = rows[rng.random(len(rows)) < 0.1]
    counts = np.bincount(np.unique(sample, return_counts=True)[1])
    found = repeats.estimate({n: int(times) for n, times in enumerate(counts) if n and times}, len(rows))
    assert found == pytest.approx(100_000, rel=0.15)


def test_a_column_that_gives_the_target_away_is_found(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT (hash(i) % 2)::INTEGER AS survived, CASE WHEN hash(i) % 2 = 1 THEN hash(i, 1) % 20 END AS boat,
            hash(i, 2) % 90 AS age, hash(i, 3) % 1000 / 7.0 AS fare, CASE WHEN hash(i) % 2 = 1 THEN 'yes' ELSE 'no' END AS said
            FROM range(2000) t(i)) TO '{path}'"""
        )
    found = profile(table(tmp_path, [path], 2000), tmp_path, how=How(target="survived"))
    assert {leak.column for leak in found.leaks} == {"boat", "said"}
    alert = next(alert for alert in found.alerts if alert.kind == "leak")
    assert "survived" in alert.message
    assert "leave it out" in alert.advice


def test_a_noisy_column_is_no_leak() -> None:
    rng = np.random.default_rng(7)
    target = rng.normal(size=4000)
    columns = [ColumnProfile(name=n, type="number", count=4000, missing=0, missing_share=0, distinct=4000, distinct_exact=True) for n in "ty"]  # fmt: skip
    noisy = leaks.find(columns, {"t": target, "y": target + rng.normal(size=4000)}, {}, "t")
    nearly = leaks.find(columns, {"t": target, "y": target * 2 + 0.01 * rng.normal(size=4000)}, {}, "t")
    assert not noisy
    assert [leak.column for leak in nearly] == ["y"]


def test_alerts_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    lines = [f"{i % 50},{0 if i % 10 else i},{i % 7 if i % 3 else 'word'},{i % 4}" for i in range(500)]
    path.write_text("a,mostly_zero,mixed,b\n" + "\n".join(lines + lines[:100]) + "\n")
    work = tmp_path / "w"
    work.mkdir()
    schema = looking.inspect(Source(path, path.name, work)).schema
    found = profile(TableInput.of(path, schema), tmp_path)
    said = {(alert.kind, alert.column) for alert in found.alerts}
    assert {("zeros", "mostly_zero"), ("mixed_types", "mixed"), ("duplicates", "")} <= said
    assert column(found, "mixed").types["integer"] == pytest.approx(2 / 3, abs=0.01)
    assert all(alert.advice for alert in found.alerts)


def test_files_are_covered_by_the_largest_parts_that_fit() -> None:
    files = [File(str(n), 10, str(n)) for n in range(5)] + [File("big", LARGE, "big")]
    parts = [Kept("p", ("0", "1")), Kept("q", ("1", "2", "gone")), Kept("r", ("0", "1", "2"))]
    found = cover(files, parts)
    assert [part.id for part in found.parts] == ["r"]
    assert [[file.key for file in group] for group in found.groups] == [["3", "4"], ["big"]]


def test_a_part_keeps_what_it_was_made_of(tmp_path: Path) -> None:
    given = table(tmp_path, [write(tmp_path, 0, 0, 3000)], 3000)
    _, outputs = run(tmp_path, given, tmp_path / "none", "first")
    part = Part.load(next((outputs / PARTS_FOLDER).iterdir()))
    assert part.files == ("part-0.parquet",)
    assert part.rows == part.sample.num_rows == 3000
    assert str(part.sample.schema.field("t").type) == "timestamp[us]"
