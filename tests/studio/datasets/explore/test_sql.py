"""SQL over datasets through HTTP, SDK and commands: names, rights, answers, files of them, datasets of them."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient
from typer.testing import Result

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.errors import Remote
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets.errors import RegistrationFailed
from studiolo.studio.datasets.registration_schemas import Registration
from studiolo.testing.client import make_client, member_token

API = "/w/default/api/datasets"


@pytest.fixture
def towns(studio: Studio, tmp_path: Path) -> Studio:
    """A CSV with two versions, and a Parquet file with an odd name."""
    path = tmp_path / "towns.csv"
    path.write_text("town,people\nUrbino,15000\nGubbio,32000\n")
    studio.datasets.create(path, name="towns")
    path.write_text("town,people\nUrbino,14000\nGubbio,31000\nMantua,49000\n")
    studio.datasets.create(path, name="towns")
    odd = tmp_path / "odd.parquet"
    pq.write_table(pa.table({"Town": ["Urbino", "Mantua"], "region": ["Marche", "Lombardy"]}), odd)
    studio.datasets.create(odd, name="regions-2024")
    return studio


def test_datasets_are_tables_by_their_names(towns: Studio) -> None:
    answer = towns.datasets.sql("select sum(people) as all_people from towns")
    assert answer.to_arrow().to_pylist() == [{"all_people": 94000}]
    assert answer.result.tables == ["towns:2"]
    assert towns.datasets.sql('select count(*) as n from "towns:1"').to_arrow().to_pylist() == [{"n": 2}]
    assert towns.datasets.sql("select count(*) as n from towns", dataset="towns:1").to_arrow().to_pylist() == [{"n": 2}]
    joined = towns.datasets.sql('select region, people from towns join "regions-2024" using (town) order by people')
    assert joined.to_pandas().values.tolist() == [["Marche", 14000], ["Lombardy", 49000]]
    assert sorted(joined.result.tables) == ["regions-2024:1", "towns:2"]


def test_a_name_that_is_no_dataset_is_explained(towns: Studio) -> None:
    with pytest.raises(Remote, match="town") as refused:
        towns.datasets.sql("select * from twons")
    assert refused.value.remote_code == "datasets.sql_invalid"
    assert "towns" in refused.value.hint
    with pytest.raises(Remote) as wrong:
        towns.datasets.sql("select peopel from towns")
    assert isinstance(wrong.value.remote.get("position"), int)


def test_an_answer_is_cut_looked_at_and_written(towns: Studio, tmp_path: Path, client: TestClient) -> None:
    answer = towns.datasets.sql("select i, i % 3 as third, {'a': i} as deep from range(1000) t(i)", limit=100)
    assert (answer.rows, answer.cut, answer.columns) == (100, True, ["i", "third", "deep"])
    place = f"{API}/sql/results/{answer.result.id}"
    asked = {"sort": ["-i"], "filter": [{"column": "third", "op": "in", "values": ["0"]}], "limit": 2}
    rows = client.post(f"{place}/rows", json=asked).json()
    assert (rows["total"], rows["rows"]) == (34, [[99, 0, '{"a": 99}'], [96, 0, '{"a": 96}']])
    assert client.post(f"{place}/summaries", json={"columns": ["third"]}).json()["columns"][0]["count"] == 100
    assert client.post(f"{place}/chart", json={"kind": "bar", "x": "third"}).json()["y"] == [34, 33, 33]
    assert client.post(f"{place}/cell", json={"number": 5, "column": "deep"}).json()["text"] == '{"a": 5}'
    assert answer.export(tmp_path / "a.csv").read_text().splitlines()[1] == '0,0,"{""a"": 0}"'
    assert pq.read_table(answer.export(tmp_path / "a.parquet")).num_rows == 100
    assert client.get(f"{API}/sql/results/0123456789abcdef/content").status_code == 404
    assert client.get(f"{API}/sql/results/..%2f..%2fx").status_code == 404


def test_a_table_that_is_not_there_is_answered_with_the_nearest_dataset(towns: Studio) -> None:
    with pytest.raises(Remote, match="town does not exist") as caught:
        towns.datasets.sql("SELECT * FROM town")
    assert "Did you mean" not in caught.value.detail, "what DuckDB guesses is none of ours"
    assert caught.value.hint.startswith("Did you mean towns? Datasets are tables")


@pytest.mark.usefixtures("controller")
def test_an_answer_becomes_a_dataset_with_its_lineage(towns: Studio) -> None:
    query = 'select town, region, people from towns left join "regions-2024" using (town) order by people'
    told: list[Registration] = []
    saved = towns.datasets.sql(query, limit=1).save("joined", "Towns with their regions", watch=told.append)
    assert (saved.reference, saved.rows, saved.columns, saved.format) == ("joined:1", 3, 3, "parquet")
    assert saved.source
    assert (saved.source["type"], saved.source["query"]) == ("sql", query)
    assert saved.source["datasets"] == ["regions-2024:1", "towns:2"]
    assert towns.datasets.get("joined").to_pandas()["people"].tolist() == [14000, 31000, 49000]
    edges = {(edge.source, edge.target) for edge in towns.datasets.lineage("joined")}
    assert edges == {("dataset:towns:2", "dataset:joined:1"), ("dataset:regions-2024:1", "dataset:joined:1")}
    assert told[-1].state == "done"
    again = towns.datasets.sql("select * from towns", dataset="towns:1").save("joined")
    assert (again.reference, again.rows) == ("joined:2", 2), "its bare name is the version that the page shows"
    with pytest.raises(RegistrationFailed, match="no rows"):
        towns.datasets.sql("select * from towns where people < 0").save("none")


def test_a_wrong_query_is_refused_before_any_job(towns: Studio, client: TestClient) -> None:
    for query, name, code in (
        ("select 1", "../x", "datasets.bad_name"),
        ("select * from twons", "x", "datasets.sql_invalid"),
        ("select peopel from towns", "x", "datasets.sql_invalid"),
        ("drop table towns", "x", "datasets.sql_not_a_question"),
        ("select sum(town) from towns", "x", "datasets.sql_invalid"),
    ):
        refused = client.post(f"{API}/sql/save", json={"query": query, "name": name})
        assert refused.json()["code"] == code, query
    source = {"type": "answer", "query": "select 1 as a"}
    assert client.post(f"{API}/registrations", json={"name": "x", "source": source}).status_code == 422
    assert not towns.datasets.registrations()


@pytest.mark.usefixtures("controller")
def test_saving_is_followed_and_can_be_stopped(towns: Studio, client: TestClient) -> None:
    endless = (
        "select count(*) from towns a, range(1000000000) b, range(1000000000) c"  # a question without rows is quick
    )
    begun = client.post(f"{API}/sql/save", json={"query": endless, "name": "endless"})
    assert begun.status_code == 202
    run, until = begun.json()["run_id"], time.monotonic() + 60
    while towns.datasets.registration(run).label != "Asking":
        assert time.monotonic() < until, towns.datasets.registration(run)
        time.sleep(0.02)
    towns.datasets.cancel_registration(run)
    with pytest.raises(RegistrationFailed, match="stopped"):
        towns.datasets.wait_for(run, timeout=60)
    assert client.get(f"{API}/endless").status_code == 404


def test_a_reader_asks_and_does_not_save(towns: Studio, services: Services, client: TestClient) -> None:
    reader = make_client(services, member_token(services, Role.reader))
    answer = reader.post(f"{API}/sql", json={"query": "select count(*) from towns"})
    assert answer.json()["first"] == [[3]]
    body = {"query": "select 1 as a", "name": "mine"}
    assert reader.post(f"{API}/sql/save", json=body).status_code == 403
    assert client.get(f"{API}/sql/results/{answer.json()['id']}").status_code == 404, "an answer is for who asked"


@pytest.mark.usefixtures("controller")
def test_the_command_prints_writes_and_saves(cli: Callable[..., Result], towns: Studio, tmp_path: Path) -> None:
    file = tmp_path / "query.sql"
    file.write_text("select town from towns order by town")
    done = cli("datasets", "sql", f"@{file}", "--export", str(tmp_path / "out.csv"), "--save", "names")
    assert done.exit_code == 0, done.output
    assert "Gubbio" in done.output
    assert "saved as names:1" in done.output
    assert (tmp_path / "out.csv").read_text().splitlines()[0] == '"town"'
    shown = cli("datasets", "rows", "towns", "--sort", "-people", "--limit", "1")
    assert "Mantua" in shown.output
    refused: Any = cli("datasets", "sql", "drop table towns")
    assert refused.exit_code == 1


def test_other_questions_find_their_tables_too(towns: Studio) -> None:
    for query in (
        "describe towns",
        'summarize "towns:1"',
        "explain select * from towns",
        "select * from (from towns) limit 1",
    ):
        assert towns.datasets.sql(query).rows, query
