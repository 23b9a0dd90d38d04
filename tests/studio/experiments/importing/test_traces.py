"""Traces of a source are here after an import, with spans, tags and what was said of them; a second import adds nothing."""

import json
import shutil
import sqlite3
import tarfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.experiments.importing.found_traces import FoundTrace, add_spans
from studiolo.studio.experiments.importing.sending import split_trace
from studiolo.studio.experiments.importing.server import Server
from studiolo.studio.experiments.importing.span_documents import encoded
from studiolo.studio.experiments.importing.transfer import Transfer
from studiolo.studio.experiments.importing.wire import SentTrace
from studiolo.studio.experiments.trace_tables import trace_assessments, trace_labels, trace_spans
from studiolo.studio.experiments.trace_tables import traces as table
from studiolo.testing.client import make_client, make_transport
from studiolo.testing.context import context_in, make_services

SOURCES = Path(__file__).parent / "sources"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    with tarfile.open(SOURCES / "mlflow-3.tar.xz") as archive:
        archive.extractall(tmp_path / "source")
    return tmp_path / "source"


def _counts(ctx: Context) -> list[int]:
    tables = (table, trace_labels, trace_spans, trace_assessments)
    with ctx.db.read() as tx:
        return [tx.execute(select(func.count()).select_from(one)).scalar_one() for one in tables]


def _enrich(path: Path) -> tuple[str, str]:
    """Add feedback and a link to a run to the one trace of the database; returns its id and the run's."""
    with sqlite3.connect(path) as db:
        trace_id, experiment = db.execute("SELECT request_id, experiment_id FROM trace_info").fetchone()
        query = "SELECT run_uuid FROM runs WHERE experiment_id = ? AND lifecycle_stage = 'active'"
        (run_id,) = db.execute(query, (experiment,)).fetchone()
        columns = (
            "assessment_id, trace_id, name, assessment_type, value, error, created_timestamp, last_updated_timestamp, "
        )
        columns += "source_type, source_id, rationale, valid, assessment_metadata, is_numeric_value"
        for row in (
            (
                "a-" + "1" * 32,
                trace_id,
                "good",
                "feedback",
                "true",
                None,
                5,
                6,
                "HUMAN",
                "ann",
                "yes",
                1,
                '{"k": "v"}',
                0,
            ),
            (
                "a-" + "2" * 32,
                trace_id,
                "answer",
                "expectation",
                '{"x": [1]}',
                None,
                7,
                7,
                "CODE",
                "",
                None,
                1,
                None,
                0,
            ),
        ):
            db.execute(f"INSERT INTO assessments ({columns}) VALUES ({','.join('?' * len(row))})", row)
        link = ("a1", "trace", trace_id, "run", run_id, 1)
        db.execute("INSERT INTO entity_associations VALUES (?,?,?,?,?,?)", link)
    db.close()
    return trace_id, run_id


def test_a_trace_of_a_database_is_here_with_spans_feedback_and_links(source: Path, any_services: Services) -> None:
    place = source / "database/mlflow.db"
    trace_id, run_id = _enrich(place)
    studio = Studio(transport=make_transport(any_services))
    report = studio.experiments.import_mlflow(place)
    assert (report["counts"]["traces"], report["lost"]) == ({"added": 1}, [])
    found = studio.experiments.traces.get(trace_id)
    assert (found.name, found.state, found.duration_ms, found.request, found.response) == (
        "f",
        "OK",
        0,
        '{"x": 1}',
        "2",
    )
    assert [(step.name, step.inputs, step.outputs) for step in found.steps] == [("f", {"x": 1}, 2)]
    assert found.linked_runs == [run_id]
    assert [(said.name, said.value, said.source) for said in found.assessments] == [
        ("good", True, "ann"),
        ("answer", {"x": [1]}, "code"),
    ]
    assert found.metadata["mlflow.user"] == "root"
    assert [one.id for one in studio.experiments.traces.search(filter="span.name = 'f'")] == [trace_id]
    ctx = context_in(any_services)
    before = _counts(ctx)
    for full in (False, True):
        again = studio.experiments.import_mlflow(place, full=full)
        assert again["counts"]["traces"] == {"there": 1}
        assert _counts(ctx) == before
    with sqlite3.connect(place) as db:
        db.execute("INSERT INTO trace_tags (key, value, request_id) VALUES ('team', 'blue', ?)", (trace_id,))
    db.close()
    assert studio.experiments.import_mlflow(place)["counts"]["traces"] == {"updated": 1}
    assert studio.experiments.traces.get(trace_id).tags == {"team": "blue"}
    studio.experiments.traces.delete(trace_id)
    assert "removed from the studio since" in studio.experiments.import_mlflow(place)["lost"][0]["reason"]


def test_a_trace_of_a_folder_keeps_its_file_and_can_be_searched(source: Path, any_services: Services) -> None:
    place = source / "folder/mlruns"
    (folder,) = place.glob("*/traces/*")
    (folder / "assessments").mkdir()
    (folder / "assessments/a-1.yaml").write_text(
        "assessment_id: a-1\nassessment_name: good\nfeedback: {value: 0.5}\nsource: {source_type: HUMAN, source_id: bob}\n"
        "create_time: '2026-01-01T00:00:00.123Z'\nlast_update_time: '2026-01-02T00:00:00Z'\nvalid: true\n"
    )
    studio = Studio(transport=make_transport(any_services))
    report = studio.experiments.import_mlflow(place)
    assert (report["counts"]["traces"], report["lost"]) == ({"added": 1}, [])
    found = studio.experiments.traces.get(folder.name)
    assert (found.name, found.duration_ms, found.steps[0].outputs) == ("f", 7, 2)
    assert [(said.name, said.value) for said in found.assessments] == [("good", 0.5)]
    assert studio.experiments.import_mlflow(place, full=True)["counts"]["traces"] == {"there": 1}


def test_a_trace_of_mlflow_2_stays_the_file_it_was(source: Path, studio: Studio, ctx: Context) -> None:
    place = source / "folder/mlruns"
    (folder,) = place.glob("*/traces/*")
    old: dict[str, Any] = {
        "name": "f",
        "context": {"span_id": "0x1c08", "trace_id": "0xe7c4"},
        "parent_id": None,
        "start_time": 1795635337786024351,
        "end_time": 1795635337793370972,
        "status_code": "OK",
        "status_message": "",
        "attributes": {"mlflow.spanInputs": '{"x": 1}', "mlflow.spanOutputs": "2"},
        "events": [],
    }
    (folder / "artifacts/traces.json").write_text(json.dumps({"spans": [old]}))
    report = studio.experiments.import_mlflow(place)
    assert report["lost"] == []
    assert [(step.name, step.outputs) for step in studio.experiments.traces.get(folder.name).steps] == [("f", 2)]
    assert _counts(ctx)[2] == 0


def test_what_of_a_trace_cannot_be_read_is_told(source: Path, studio: Studio) -> None:
    place = source / "folder/mlruns"
    (folder,) = place.glob("*/traces/*")
    shutil.rmtree(folder / "artifacts")
    report = studio.experiments.import_mlflow(place)
    assert ["--artifacts" in item["reason"] for item in report["lost"]] == [True]
    assert studio.experiments.traces.get(folder.name).steps == []


def test_traces_are_read_over_http(source: Path, services: Services, tmp_path: Path) -> None:
    """The server is another studio, which speaks the protocol."""
    trace_id, _ = _enrich(source / "database/mlflow.db")
    first = Studio(transport=make_transport(services))
    first.experiments.import_mlflow(source / "database/mlflow.db")
    target = make_services(tmp_path / "second")
    try:
        for expected in ("added", "there"):
            with make_client(services) as http:
                opened = Server("http://testserver/w/default", client=http)
                report = Transfer(make_transport(target), opened).run().document()
            assert report["counts"]["traces"] == {expected: 1}
            assert report["lost"] == []
        here, there = (
            Studio(transport=make_transport(target)).experiments.traces.get(trace_id),
            first.experiments.traces.get(trace_id),
        )
        assert here.model_dump(exclude={"experiment_id", "linked_runs", "run_id"}) == there.model_dump(
            exclude={"experiment_id", "linked_runs", "run_id"}
        )
    finally:
        target.db.close()


def _sent(**more: Any) -> SentTrace:
    return SentTrace(id="tr-" + "a" * 32, source_id="x", experiment="1", stamp="s", state="OK", started=0, **more)


def test_large_spans_are_sent_in_parts() -> None:
    parts = split_trace(_sent(spans=[b"x" * (3 << 20)] * 3))
    assert [(len(part.spans), part.stamp) for part in parts] == [(1, ""), (1, ""), (1, "s")]


@pytest.mark.parametrize("document", [None, {}, {"spans": 3}, {"spans": [3]}, {"spans": [{"trace_id": "é"}]}])
def test_spans_that_are_none_are_lost_in_words(document: Any) -> None:
    found = FoundTrace(_sent())
    add_spans(found, document)
    assert found.lost == ["its spans cannot be read"]
    assert (
        encoded("tr-1", [{"trace_id": "a" * 32, "span_id": "b" * 16, "name": "n", "start_time_unix_nano": 1}]) is None
    )
