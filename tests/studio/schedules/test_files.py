"""Schedules of Azure ML's files, by the command line, the SDK and HTTP."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.errors import StudioloError
from studiolo.sdk.studio import Studio
from studiolo.studio.schedules import files
from studiolo.testing.client import make_client, member_token

PIPELINE = """
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
display_name: hello
inputs: {word: hi, when: nothing}
settings: {default_compute: local}
jobs:
  say:
    command: cat ${{inputs.word}} ${{inputs.when}}
    code: ./src
    environment: ""
    inputs: {word: "${{parent.inputs.word}}", when: "${{parent.inputs.when}}"}
"""
CRON = """
$schema: https://azuremlschemas.azureedge.net/latest/schedule.schema.json
name: simple_cron_job_schedule
display_name: Simple cron job schedule
description: a simple hourly cron job schedule
trigger:
  type: cron
  expression: "0 8 * * 1-5"
  start_time: "2026-07-10T10:00:00"
  time_zone: "Pacific Standard Time" # optional - default will be UTC
create_job:
  type: pipeline
  job: ./hello.yml
  inputs:
    word: other
    when: ${{creation_context.trigger_time}}
  settings:
    default_compute: local
    force_rerun: true
  experiment_name: Nightly
"""
RECURRENCE = """
name: every_other_week
trigger:
  type: recurrence
  frequency: Week
  interval: 2
  pattern: {hours: [4, 5], minutes: [0, 30], week_days: [Monday, Thursday]}
  start_time: 2026-01-05
  timezone: W. Europe Standard Time
create_job:
  type: command
  job:
    command: echo ${{inputs.x}}
    environment: ""
    inputs: {x: "${{name}}"}
overlap: Queue
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("print(1)\n")
    (tmp_path / "hello.yml").write_text(PIPELINE)
    (tmp_path / "cron.yml").write_text(CRON)
    (tmp_path / "recurrence.yml").write_text(RECURRENCE)
    return tmp_path


def test_a_cron_file_of_azure_with_a_pipeline_and_changes(studio: Studio, folder: Path) -> None:
    applied = studio.apply(folder / "cron.yml")
    assert applied.kind == "schedule"
    assert applied.warnings == ["'display_name' is left out"]
    found = studio.schedules.get("simple_cron_job_schedule")
    assert (found.zone, found.experiment, found.what, found.says) == (
        "America/Los_Angeles",
        "Nightly",
        "pipeline",
        "0 8 * * 1-5",
    )
    assert found.trigger.start == datetime(2026, 7, 10, 17, tzinfo=UTC)
    assert found.target.kind == "pipeline"
    spec = found.target.spec
    assert spec.values == {"word": "other", "when": "${{creation_context.trigger_time}}"}
    assert spec.settings.force_rerun
    assert spec.graph.steps["say"].task.code[0].path == "a.py"  # type: ignore[union-attr]
    studio.apply(folder / "cron.yml", {"trigger.expression": "0 9 * * *"})  # again: it is changed
    assert studio.schedules.get("simple_cron_job_schedule").says == "0 9 * * *"
    assert len(studio.schedules.list()) == 1


def test_a_file_that_is_applied_again_says_whether_the_schedule_rests(studio: Studio, folder: Path) -> None:
    states = []
    for said in ("", "is_enabled: false", "", "is_enabled: true", ""):
        (folder / "again.yml").write_text(f"{CRON}{said}\n")
        states.append(studio.schedules.apply(folder / "again.yml").schedule.state)
    assert states == ["active", "paused", "paused", "active", "active"]


def test_a_recurrence_file_of_azure_with_a_command(studio: Studio, folder: Path) -> None:
    made = studio.schedules.apply(folder / "recurrence.yml").schedule
    assert (made.zone, made.overlap, made.what) == ("Europe/Berlin", "queue", "job")
    assert made.says == "every 2 weeks on Monday, Thursday at 04:00, 04:30, 05:00, 05:30"
    assert made.trigger.start == datetime(2026, 1, 4, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (RECURRENCE.replace("every_other_week", '""'), "name"),
        (RECURRENCE.replace("type: recurrence", "type: moon"), "trigger.type"),
        (RECURRENCE.replace("type: recurrence", "type: files\n  polling_interval: soon"), "trigger.polling_interval"),
        (RECURRENCE.split("create_job", maxsplit=1)[0], "create_job"),
        (CRON.replace("./hello.yml", "./gone.yml"), "create_job.job"),
        (CRON.replace("0 8 * * 1-5", "0 0 30 2 *"), "trigger.expression"),
        (CRON.replace("Pacific Standard Time", "Pacific Time"), "trigger.zone"),
        (CRON.replace("create_job", "create_monitor"), "create_monitor"),
        (RECURRENCE.replace("type: command", "type: finetuning"), "create_job"),
        (RECURRENCE.replace("type: command", "type: automl"), "target_column_name"),
        (RECURRENCE.replace("interval: 2", "interval: two"), "trigger.interval"),
        (RECURRENCE.replace("[4, 5]", "[25]"), "trigger.hours.0"),
        (RECURRENCE.replace("Monday,", "Moonday,"), "trigger.week_days.0"),
        (RECURRENCE.replace("frequency: Week", "frequency: fortnight"), "trigger.frequency"),
        (RECURRENCE.replace("2026-01-05", "0001-01-01"), "trigger.start"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_field(studio: Studio, folder: Path, text: str, field: str) -> None:
    (folder / "bad.yml").write_text(text)
    with pytest.raises(StudioloError) as caught:
        studio.schedules.apply(folder / "bad.yml")
    assert caught.value.field == field
    assert studio.schedules.list() == []


def test_the_command_line_from_a_run_to_its_schedule(cli: Callable[..., Any], studio: Studio, folder: Path) -> None:
    run = studio.pipelines.submit(folder / "hello.yml").run
    made = cli(
        "schedules",
        "create",
        "nightly",
        "--run",
        run.id,
        "--every",
        "1 day",
        "--at",
        "02:30",
        "--zone",
        "Europe/Berlin",
    )
    assert made.exit_code == 0, made.output
    assert "nightly" in cli("schedules", "list").output
    shown = json.loads(cli("schedules", "show", "nightly", "-o", "json").output)
    assert (shown["says"], len(shown["next"])) == ("every day at 02:30", 5)
    assert cli("schedules", "pause", "nightly").exit_code == 0
    assert json.loads(cli("schedules", "show", "nightly", "-o", "json").output)["state"] == "paused"
    assert cli("schedules", "resume", "nightly").exit_code == 0
    fired = json.loads(cli("schedules", "run", "nightly", "-o", "json").output)
    assert fired["run_name"].startswith("nightly-")
    assert fired["run_id"] in cli("schedules", "history", "nightly").output
    assert cli("schedules", "delete", "nightly").exit_code == 0
    assert "No schedules yet" in cli("schedules", "list").output
    job = studio.experiments.submit(command="echo ${{inputs.x}}", inputs={"x": 1})
    assert cli("schedules", "create", "job", "--run", job.id, "--cron", "@daily").exit_code == 0
    assert studio.schedules.get("job").what == "job"


def test_a_reader_looks_and_changes_nothing(services: Services, client: TestClient) -> None:
    body = {
        "name": "a",
        "trigger": {"kind": "cron", "expression": "0 0 * * *"},
        "target": {"kind": "job", "spec": {"command": ["true"]}},
    }
    assert client.post("/w/default/api/schedules", json=body).status_code == 201
    with make_client(services, member_token(services, Role.reader)) as reader:
        assert reader.get("/w/default/api/schedules/a").status_code == 200
        for method, path in (("POST", ""), ("PATCH", "/a"), ("DELETE", "/a"), ("POST", "/a/run"), ("POST", "/a/pause")):
            reply = reader.request(method, f"/w/default/api/schedules{path}", json=body if not path else {})
            assert reply.status_code == 403, (method, path)
    times = client.post(
        "/w/default/api/schedules/times", json={"trigger": {**body["trigger"], "zone": "Asia/Tokyo"}}
    ).json()  # type: ignore[dict-item]
    assert len(times["times"]) == 5
    assert times["times"][0].endswith("15:00:00Z")
    wrong = client.post(
        "/w/default/api/schedules/times", json={"trigger": {"kind": "cron", "expression": "0 0 31 2 *"}}
    )
    assert (wrong.status_code, wrong.json()["field"]) == (422, "trigger.expression")


def test_a_published_pipeline_by_the_command_line(cli: Callable[..., Any], studio: Studio, folder: Path) -> None:
    studio.pipelines.published.publish("greet", folder / "hello.yml")
    words = ("schedules", "create", "daily", "--cron", "@daily", "--published", "greet", "--set", "word=you")
    made = cli(*words)
    assert made.exit_code == 0, made.output
    assert studio.schedules.get("daily").target.inputs == {"word": "you"}  # type: ignore[union-attr]
    assert cli("schedules", "create", "both", "--cron", "@daily", "--published", "greet", "--run", "x").exit_code == 1
    refused = cli("pipelines", "published", "delete", "greet")
    assert refused.exit_code == 1
    assert "schedule daily" in str(refused.exception)


KINDS = {
    "parallel": "input_data: '${{inputs.d}}', partition_keys: [a], task: {type: run_function, code: src, entry_script: a.py}",
    "notebook": "notebook: a.ipynb, code: src",
    "spark": "entry: {file: a.py}, code: src",
    "sweep": """trial: {command: "echo ${{search_space.x}}"}, search_space: {x: {type: choice, values: [1]}},
        sampling_algorithm: grid, objective: {primary_metric: m, goal: maximize}""",
}


@pytest.mark.parametrize("kind", KINDS)
def test_jobs_of_every_kind_are_scheduled_and_run(studio: Studio, folder: Path, kind: str) -> None:
    (folder / "src" / "a.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    (folder / "d.csv").write_text("a\n1\n")
    job = f"{{{KINDS[kind]}, inputs: {{d: {{type: uri_file, path: ./d.csv}}, when: '${{{{trigger.time}}}}'}}}}"
    head = "name: each\ntrigger: {type: cron, expression: '@daily'}\n"
    (folder / "each.yml").write_text(f"{head}create_job:\n  type: {kind}\n  job: {job}\n")
    studio.schedules.apply(folder / "each.yml")
    run = studio.experiments.get(str(studio.schedules.run("each").run_id))
    assert run.kind == kind
    spec = studio.experiments.spec(run.id)
    assert spec is not None
    assert spec.params["when"].startswith("20")


ARRIVES = """
name: arrives
trigger: {type: files, datastore: azureml:landing, path_on_datastore: "in/*.csv", polling_interval: 5,
  data_path_parameter_name: data, existing: take, batch: no}
create_job:
  command: cat ${{inputs.data}} ${{inputs.which}}
  inputs: {which: "${{trigger.file}}", data: {type: uri_file, path: "${{trigger.path}}"}}
"""


def test_files_and_versions_that_arrive_come_from_a_file_with_the_words_of_azures_first_sdk(
    studio: Studio, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    (store / "in").mkdir(parents=True)
    (store / "in" / "a.csv").write_text("a\n1\n", "utf-8")
    studio.datastores.create("landing", "local", path=str(store))
    file = tmp_path / "schedule.yml"
    file.write_text(ARRIVES, "utf-8")
    made, warnings = studio.schedules.apply(file)
    assert warnings == []
    assert made.trigger.model_dump(exclude_defaults=True) == {
        "datastore": "landing",
        "path": "in/*.csv",
        "interval": 300,
        "existing": "take",
    }
    assert made.overlap == "queue"
    assert made.target.spec.data["data"].path == "${{trigger.path}}"  # type: ignore[union-attr]
    fired = studio.schedules.run("arrives", path="in/a.csv")
    job = studio.experiments.spec(str(fired.run_id))
    assert job.data["data"].path == "azureml://datastores/landing/paths/in/a.csv"
    assert job.params == {"which": "a.csv"}
    made = studio.schedules.create(
        "like", {"kind": "files", "datastore": "landing"}, str(fired.run_id), {"data": "${{trigger.path}}"}
    )
    assert made.target.spec.data["data"].type == "uri_file"  # type: ignore[union-attr]
    there = studio.schedules.times({"kind": "files", "datastore": "landing", "path": "**/*.csv"})
    assert (there.there, there.count, there.times) == (["in/a.csv"], 1, [])


def test_the_command_line_makes_one_of_files_and_shows_times_by_the_schedules_clocks(
    cli: Callable[..., Any], studio: Studio, tmp_path: Path
) -> None:
    (tmp_path / "store").mkdir()
    studio.datastores.create("landing", "local", path=str(tmp_path / "store"))
    file = tmp_path / "job.yml"
    file.write_text("command: cat ${{inputs.which}}\ninputs: {which: none}\n", "utf-8")
    run = studio.experiments.submit(file)
    cli("schedules", "create", "daily", run.id, "--every", "day", "--at", "12:00", "--zone", "Asia/Tokyo")
    assert " 12:00 Asia/Tokyo" in cli("schedules", "show", "daily").output
    made = cli("schedules", "create", "arrives", "--run", run.id, "--files", "landing/in/*.csv", "--interval", "5")
    assert "when it arrives" in made.output
    found = studio.schedules.get("arrives")
    assert (found.trigger.kind, found.overlap, found.catch_up) == ("files", "queue", "all")
    failed = cli("schedules", "create", "x", run.id, "--files", "landing", "--cron", "@daily")
    assert (failed.exit_code, "Give one of" in str(failed.exception)) == (1, True)


def test_files_that_were_sent_make_room_for_what_the_trigger_names() -> None:
    sent = {"type": "uri_file", "files": [{"path": "a.csv", "digest": "0" * 64, "size": 1}]}
    spec: dict[str, Any] = {"values": {"data": sent}}
    files.put_input(spec, "data", "azureml:${{trigger.dataset}}", pipeline=True)
    assert spec["values"]["data"] == {"type": "uri_file", "path": "azureml:${{trigger.dataset}}"}
