"""What jobs read and leave: references, outputs of all kinds, and the contract that scripts of Azure ML rely on."""

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.datasets import job_inputs as datasets_ticks
from studiolo.studio.datasets.registration_schemas import FromRun, RegistrationCreate
from studiolo.studio.datasets.registrations import orders
from studiolo.studio.datastores import service as datastores
from studiolo.studio.experiments import artifacts, lineage, registering, service
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_schemas import DataInput, JobOutput
from studiolo.studio.experiments.schemas import JobSpec, Run
from studiolo.studio.models import job_inputs as models_ticks
from studiolo.studio.models import service as models
from tests.studio.datasets.registering import finish
from tests.studio.experiments.jobs import ended, log_of

STORE = "workspaceblobstore"


def run(ctx: Context, command: str, **spec: Any) -> Run:
    return ended(ctx, service.submit(ctx, JobSpec(command=[f"{command} "], **spec)))


def put(ctx: Context, path: str, text: str) -> None:
    datastores.store(ctx, STORE).write(path, io.BytesIO(text.encode()))


def test_scripts_of_azure_ml_find_what_they_rely_on(ctx: Context) -> None:
    said = run(
        ctx,
        'echo "$AZUREML_RUN_ID/$AZUREML_ARM_WORKSPACE_NAME/$AZUREML_PARAMETER_rate/$MLFLOW_RUN_ID"\n'
        "false\nmkdir -p logs/tb; echo e > logs/tb/events; echo w > outputs/world.txt; ls",
        params={"rate": "0.1"},
        experiment="trees",
    )
    assert said.state == "Completed", "a line that fails does not end a script: `set -e` is not implied"
    assert log_of(ctx, said).splitlines() == [f"{said.id}/default/0.1/{said.id}", "logs", "outputs"]
    with ctx.db.read() as tx:
        root = artifacts.root_of_run(tx, ctx, said.id)
        kept = {file.path for file in artifacts.below(tx, ctx, root)}
    assert {"world.txt", "logs/tb/events"} <= kept


def test_files_of_a_datastore_are_there_before_the_command_starts(ctx: Context) -> None:
    put(ctx, "example-data/a/one.txt", "one\n")
    put(ctx, "example-data/two.txt", "two\n")
    said = run(
        ctx,
        "cd ${{inputs.folder}} && find . -type f | sort && cat ${{inputs.file}} && env | grep -c STUDIOLO_STORE_",
        data={
            "folder": DataInput(path=f"azureml://datastores/{STORE}/paths/example-data/"),
            "file": DataInput(type="uri_file", path=f"azureml://datastores/{STORE}/paths/example-data/two.txt"),
        },
    )
    lines = log_of(ctx, said).splitlines()
    ours = [line for line in lines if not line.startswith("[studio]")]
    assert ours == ["./a/one.txt", "./two.txt", "two", "0"], "the credentials are not the command's"
    assert any("Fetching input 'folder'" in line for line in lines)


def test_an_input_that_is_not_there_fails_the_job_by_its_name(ctx: Context) -> None:
    failed = run(ctx, "ls ${{inputs.d}}", data={"d": DataInput(path=f"azureml://datastores/{STORE}/paths/none/")})
    assert (failed.state, failed.failure) == ("Failed", "input_missing")
    assert "Input 'd' cannot be fetched" in (failed.error or "")
    assert failed.exit_code is None or failed.exit_code != 0


def test_an_address_is_handed_as_it_is_when_direct_is_asked_for(ctx: Context) -> None:
    url = f"azureml://datastores/{STORE}/paths/x/"
    said = run(
        ctx,
        f"echo ${{{{inputs.d}}}}; env | grep -c STUDIOLO_STORE_{STORE.upper()}",
        data={"d": DataInput(path=url, mode="direct")},
    )
    assert log_of(ctx, said).splitlines() == [url, "1"]


def test_a_job_that_is_run_again_gets_no_more_than_it_got(ctx: Context) -> None:
    put(ctx, "two.txt", "two\n")
    variable = f"STUDIOLO_STORE_{STORE.upper()}"
    url = f"azureml://datastores/{STORE}/paths/two.txt"
    fetched = DataInput(type="uri_file", path=url)
    first = run(ctx, f"env | grep -c {variable}; cat ${{{{inputs.d}}}}", data={"d": fetched}, environment="studio")
    spec = service.spec(ctx, first.id)
    assert spec is not None
    again = ended(ctx, service.submit(ctx, spec.model_copy(update={"tags": {"studiolo.environment": "old:1"}})))
    for one in (first, again):
        assert [line for line in log_of(ctx, one).splitlines() if not line.startswith("[studio]")] == ["0", "two"]
    assert "studiolo.environment" not in (found := service.spec(ctx, again.id) or spec).tags
    assert found.context["withheld"] == [variable]
    both = JobSpec(command=["echo "], data={"d": fetched, "address": DataInput(path=url, mode="direct")})
    kept = service.spec(ctx, service.submit(ctx, both).id)
    assert kept is not None
    assert ("withheld" in kept.context, kept.context["lent"]) == (False, [variable]), "the command needs it"
    less = service.spec(ctx, service.submit(ctx, kept.model_copy(update={"data": {"d": fetched}})).id)
    assert less is not None
    assert (less.context["withheld"], "lent" in less.context) == ([variable], False), "now it does not any more"
    own = both.model_copy(update={"secrets": {variable: f"datastore:{STORE}"}})
    named = service.spec(ctx, service.submit(ctx, own).id)
    assert named is not None
    assert not {"withheld", "lent"} & named.context.keys(), "its author gave it"


class Served(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"a,b\n1,2\n"
        self.send_response(200 if self.path == "/iris.csv" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Served)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_file_of_the_web_is_fetched_and_private_addresses_are_refused(ctx: Context, web: str) -> None:
    asked = {"d": DataInput(type="uri_file", path=f"{web}/iris.csv")}
    with pytest.raises(StudioloError) as refused:
        service.submit(ctx, JobSpec(command=["cat ${{inputs.d}}"], data=asked))
    assert refused.value.field == "data.d"
    object.__setattr__(ctx, "settings", ctx.settings.model_copy(update={"fetch_private": True}))
    said = run(ctx, "cat ${{inputs.d}}; basename ${{inputs.d}}", data=asked)
    assert [line for line in log_of(ctx, said).splitlines() if not line.startswith("[studio]")] == [
        "a,b",
        "1,2",
        "iris.csv",
    ]
    gone = run(ctx, "cat ${{inputs.d}}", data={"d": DataInput(type="uri_file", path=f"{web}/none.csv")})
    assert (gone.failure, "answers 404" in (gone.error or "")) == ("input_missing", True)


def test_a_job_reads_what_another_left(ctx: Context) -> None:
    first = run(
        ctx,
        "echo hi > outputs/world.txt; echo m > ${{outputs.model}}/m.txt; echo f > ${{outputs.file}}",
        outputs={"model": JobOutput(), "file": JobOutput(type="uri_file")},
        name="first",
    )
    assert first.state == "Completed"
    jobs = f"azureml://jobs/{first.id}/outputs"
    second = run(
        ctx,
        "cat ${{inputs.all}}/outputs/world.txt ${{inputs.model}}/m.txt ${{inputs.one}} ${{inputs.file}} ${{inputs.run}}/m.txt",
        data={
            "all": DataInput(path=f"{jobs}/artifacts"),
            "model": DataInput(path="azureml://jobs/first/outputs/model"),
            "one": DataInput(type="uri_file", path=f"{jobs}/artifacts/paths/outputs/world.txt"),
            "file": DataInput(type="uri_file", path=f"{jobs}/file"),
            "run": DataInput(path=f"runs:/{first.id}/model"),
        },
    )
    assert log_of(ctx, second).split() == ["hi", "m", "hi", "f", "m"]
    with ctx.db.read() as tx:
        edges = {(edge.source, edge.target) for edge in lineage.around(tx, ctx, f"run:{second.id}")}
    assert (f"run:{first.id}", f"run:{second.id}") in edges


def test_outputs_go_to_the_datastore_that_they_are_declared_for(ctx: Context) -> None:
    done = run(
        ctx,
        "mkdir ${{outputs.o}}/d; echo x > ${{outputs.o}}/d/x.txt; echo f > ${{outputs.f}}",
        outputs={
            "o": JobOutput(
                path="azureml://datastores/${{default_datastore}}/paths/azureml/${{name}}/${{output_name}}/"
            ),
            "f": JobOutput(type="uri_file", path=f"azureml://datastores/{STORE}/paths/one.txt"),
        },
    )
    assert done.state == "Completed", done.error
    store = datastores.store(ctx, STORE)
    with store.read(f"azureml/{done.id}/o/d/x.txt") as file:
        assert file.read() == b"x\n"
    with store.read("one.txt") as file:
        assert file.read() == b"f\n"


def test_named_outputs_become_datasets_and_models(ctx: Context) -> None:
    done = run(
        ctx,
        "echo m > ${{outputs.model}}/m.pkl; echo 1 > ${{outputs.data}}/a.txt; true",
        outputs={
            "model": JobOutput(type="custom_model", name="mine", version="7"),
            "data": JobOutput(name="rows"),
            "bad": JobOutput(type="mlflow_model", name="broken"),
            "plain": JobOutput(),
        },
    )
    assert {one.name: one.state for one in service.outputs(ctx, done.id)} == {
        "model": "ready",
        "data": "ready",
        "bad": "ready",
    }
    assert models_ticks.tick(ctx)
    assert datasets_ticks.tick(ctx)
    states = {one.name: one for one in service.outputs(ctx, done.id)}
    assert (states["model"].state, states["model"].reference) == ("registered", "model:mine:1")
    assert models.get_version(ctx, "mine", 1).tags == {"asked_version": "7"}
    assert (states["data"].state, states["data"].reference) == ("ready", ""), "its registration is only queued"
    assert states["bad"].state == "failed"
    assert "MLmodel" in states["bad"].error
    assert not models_ticks.tick(ctx)


def test_models_come_by_number_alias_or_the_newest(ctx: Context) -> None:
    for text in ("one", "two"):
        run(ctx, f"echo {text} > ${{{{outputs.m}}}}/m.txt", outputs={"m": JobOutput(type="custom_model", name="mine")})
        assert models_ticks.tick(ctx)
    models.set_alias(ctx, "mine", "champion", 1)
    names = {
        "number": "mine:1",
        "alias": "mine@champion",
        "colon": "mine:champion",
        "newest": "mine",
        "latest": "mine@latest",
    }
    data = {name: DataInput(type="custom_model", path=f"azureml:{path}") for name, path in names.items()}
    said = run(ctx, " ".join(["cat", *(f"${{{{inputs.{name}}}}}/m.txt" for name in names)]), data=data)
    assert log_of(ctx, said).split() == ["one", "one", "one", "two", "two"]
    with pytest.raises(StudioloError, match="nobody") as refused:
        service.submit(
            ctx, JobSpec(command=["a b"], data={"d": DataInput(type="custom_model", path="azureml:mine@nobody")})
        )
    assert refused.value.field == "data.d"


def test_an_output_that_was_not_written_fails_the_job_by_its_name(ctx: Context) -> None:
    for kind in ("uri_folder", "uri_file"):
        place = JobOutput(type=kind, path=f"azureml://datastores/{STORE}/paths/{kind}")  # type: ignore[arg-type]
        failed = run(ctx, "echo done", outputs={"left": place})
        assert (failed.state, failed.failure, failed.exit_code) == ("Failed", "user_error", 0)
        assert (failed.error or "").count("Output 'left' was not written") == 1


def test_an_output_is_registered_when_its_version_is_there(any_ctx: Context, tmp_path: Path) -> None:
    ctx = any_ctx
    mine = replace(ctx, actor=replace(ctx.actor, name="ann"))
    outputs = {"good": JobOutput(name="rows"), "bad": JobOutput(type="mltable", name="broken")}
    job = service.submit(mine, JobSpec(command=["x"], outputs=outputs))
    files = {"good/a.txt": b"1", "bad/MLTable": b"paths: [{file: ./none.csv}]"}
    with ctx.db.begin() as tx:
        for path, data in files.items():
            artifacts.put(tx, ctx, job.id, path, ctx.blobs.put(data))
        registering.ended(tx, service.row(tx, ctx, job.id).seq, completed=True)
    assert datasets_ticks.tick(ctx)
    assert not datasets_ticks.tick(ctx), "each is queued once"
    assert {one.name: one.state for one in service.outputs(ctx, job.id)} == {"good": "ready", "bad": "ready"}
    other = orders.start(ctx, RegistrationCreate(name="rows", kind="file", source=FromRun(run_id=job.id, path="good")))
    assert finish(ctx, other, tmp_path).state == "done"
    assert {one.state for one in service.outputs(ctx, job.id)} == {"ready"}, (
        "the same files, asked for by somebody else"
    )
    queued = [one for one in orders.list_registrations(ctx).items if one.run_id != other.run_id]
    assert [one.created_by for one in queued] == ["ann", "ann"]
    for each in queued:
        finish(ctx, each, tmp_path)
    states = {one.name: one for one in service.outputs(ctx, job.id)}
    assert (states["good"].state, states["good"].reference) == ("registered", "dataset:rows:1")
    assert (states["bad"].state, states["bad"].reference) == ("failed", "")
    assert "there is no such file beside the MLTable" in states["bad"].error


def test_outputs_of_a_job_that_failed_are_registered_nowhere(ctx: Context) -> None:
    failed = run(ctx, "exit 3", outputs={"data": JobOutput(name="rows")})
    assert [one.state for one in service.outputs(ctx, failed.id)] == ["dropped"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("azureml:none:1", "none"),
        ("azureml://datastores/none/paths/x", "none"),
        ("azureml://jobs/none/outputs/x", "none"),
        ("runs:/none/x", "none"),
        ("azureml://odd", "means nothing here"),
    ],
)
def test_a_reference_to_nothing_is_refused_at_once(ctx: Context, path: str, says: str) -> None:
    with pytest.raises(StudioloError, match=says) as error:
        service.submit(ctx, JobSpec(command=["ls ${{inputs.d}}"], data={"d": DataInput(path=path)}))
    assert error.value.field == "data.d"
    assert service.list_runs(ctx, service.RunFilter()).items == []


def test_a_file_is_asked_of_what_is_a_folder(ctx: Context) -> None:
    first = run(ctx, "echo a > outputs/a; echo b > outputs/b")
    with pytest.raises(BadJob, match="many files"):
        service.submit(
            ctx, JobSpec(command=["ls ${{inputs.d}}"], data={"d": DataInput(type="uri_file", path=f"runs:/{first.id}")})
        )
