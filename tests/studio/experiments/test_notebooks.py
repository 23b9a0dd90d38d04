"""Notebook jobs with a real kernel."""

import os
import signal
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from studiolo.kernel.context import Context
from studiolo.studio.experiments import artifacts, service
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import document
from studiolo.studio.experiments.job_files import notebook as notebook_file
from studiolo.studio.experiments.notebooks import parameters
from studiolo.studio.experiments.notebooks.schemas import Notebook
from studiolo.studio.experiments.schemas import InputFile, JobOutput, JobSpec, Run
from tests.studio.experiments.jobs import carrying, ended, in_state, log_of, wait_for


def book(*cells: str, tagged: str = "") -> str:
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_markdown_cell("# A report")]
    if tagged:
        made.cells.append(nbformat.v4.new_code_cell(tagged, metadata={"tags": ["parameters"]}))
    made.cells += [nbformat.v4.new_code_cell(cell) for cell in cells]
    return str(nbformat.writes(made))


def submit(ctx: Context, text: str, **changes: Any) -> Run:
    code = [InputFile(path="report.ipynb", digest=ctx.blobs.put(text.encode()).digest)]
    notebook = Notebook.model_validate({"path": "report.ipynb", **changes.pop("notebook", {})})
    return service.submit(
        ctx, JobSpec(**{"kind": "notebook", "command": ["report.ipynb"], "notebook": notebook, "code": code, **changes})
    )


def executed(ctx: Context, run: Run) -> Any:
    with ctx.db.read() as tx:
        return nbformat.read(ctx.blobs.path(artifacts.find(tx, ctx, run.id, "report.ipynb").digest), as_version=4)


def test_a_notebook_runs_with_parameters_and_data_and_keeps_its_outputs(ctx: Context) -> None:
    text = book(
        "import pathlib\nprint('rate', rate + 1, name)\npathlib.Path(kept, 'x.txt').write_text(pathlib.Path(data).read_text())",
        "rate * 2",
        tagged="rate = 1\nname = 'nobody'",
    )
    run = submit(
        ctx,
        text,
        params={"rate": "0.5", "name": "007"},
        notebook={"texts": ["name"]},
        inputs={"data": [InputFile(path="d.txt", digest=ctx.blobs.put(b"data").digest)]},
        outputs={"kept": JobOutput()},
    )
    assert ended(ctx, run).state == "Completed", log_of(ctx, run)
    found = executed(ctx, run)
    assert [cell.cell_type for cell in found.cells] == ["markdown", "code", "code", "code", "code"]
    assert found.cells[2].metadata.tags == ["injected-parameters"]
    assert "rate = 0.5" in found.cells[2].source
    assert found.cells[3].outputs[0].text == "rate 1.5 007\n"
    assert found.cells[4].outputs[0].data["text/plain"] == "1.0"
    assert "rate 1.5 007" in log_of(ctx, run)
    with ctx.db.read() as tx:
        assert ctx.blobs.path(artifacts.find(tx, ctx, run.id, "kept/x.txt").digest).read_text() == "data"
    now = service.get(ctx, run.id)
    assert now.progress is not None
    assert (now.progress.done, now.progress.total, now.progress.label) == (3, 3, "Cells")


def test_a_cell_that_fails_is_named_and_what_came_before_is_kept(ctx: Context) -> None:
    run = submit(ctx, book("print('first')", "# look\n1 / 0", "print('never')"))
    end = ended(ctx, run)
    assert (end.state, end.failure) == ("Failed", "user_error")
    assert end.error == "Cell 2 of 3 failed: ZeroDivisionError: division by zero. It begins: # look"
    found = executed(ctx, run)
    assert found.cells[1].outputs[0].text == "first\n"
    assert found.cells[2].outputs[0].ename == "ZeroDivisionError"
    assert found.cells[3].outputs == []


def test_the_file_grows_while_a_cell_speaks_and_a_killed_kernel_is_named(ctx: Context) -> None:
    text = book(
        "import os, time\nprint('pid', os.getpid(), flush=True)\nwhile True: print('.', flush=True); time.sleep(0.1)"
    )
    run = submit(ctx, text)
    in_state(ctx, run, "Running")
    place = ctx.settings.attempts / run.id / "1" / "outputs" / "report.ipynb"
    said = wait_for(ctx, lambda: place.exists() and "pid" in "".join(_streams(place)) and _streams(place))
    os.kill(int(said[0].split()[1]), signal.SIGKILL)
    end = ended(ctx, run)
    assert end.state == "Failed"
    assert str(end.error).startswith("Cell 1 of 1 ended the kernel")
    assert carrying(run) == []


def _streams(path: Path) -> list[str]:
    cells = nbformat.read(path, as_version=4).cells
    return [output.text for cell in cells if cell.cell_type == "code" for output in cell.outputs if "text" in output]


def test_canceled_its_kernel_goes_and_the_file_stays(ctx: Context) -> None:
    run = submit(ctx, book("print('up', flush=True)", "import time; time.sleep(60)"))
    wait_for(ctx, lambda: "up" in log_of(ctx, run))
    kernels = [pid for pid in carrying(run) if "ipykernel_launcher" in " ".join(psutil.Process(pid).cmdline())]
    assert kernels
    service.cancel(ctx, run.id)
    assert ended(ctx, run).state == "Canceled"
    assert carrying(run) == []
    assert executed(ctx, run).cells[1].outputs[0].text == "up\n"


def test_a_cell_that_takes_too_long_is_named(ctx: Context) -> None:
    end = ended(ctx, submit(ctx, book("import time; time.sleep(60)"), notebook={"cell_timeout_s": 1}))
    assert str(end.error).startswith("Cell 1 of 1 took longer than 1 s (cell_timeout)")


def test_what_is_no_notebook_is_said(ctx: Context) -> None:
    assert "is no notebook" in str(ended(ctx, submit(ctx, "{}")).error)
    with pytest.raises(BadJob, match="no other does"):
        submit(ctx, book("1"), kind="command")
    with pytest.raises(BadJob, match="'the-rate' cannot be"):
        submit(ctx, book("1"), params={"the-rate": "1"})


def test_values_are_injected_once_and_in_their_place() -> None:
    cells = nbformat.reads(book("1", tagged="a = 1"), as_version=4).cells
    assert parameters.inject(cells, {"a": 2}, nbformat.v4.new_code_cell) == 2
    assert parameters.inject(cells, {"a": "x'y"}, nbformat.v4.new_code_cell) == 2
    assert [cell.source for cell in cells] == ["# A report", "a = 1", '# Parameters\na = "x\'y"', "1"]


def test_a_job_file_names_the_notebook(tmp_path: Path) -> None:
    (tmp_path / "report.ipynb").write_text(book("1"))
    (tmp_path / "other.txt").write_text("not sent")
    file = tmp_path / "job.yml"
    file.write_text("type: notebook\nnotebook: report.ipynb\ncell_timeout: 5\ninputs: {rate: 0.5, name: '007'}\n")
    job = notebook_file.of(document.read(file), file, {})
    assert job.spec.kind == "notebook"
    assert job.spec.notebook == Notebook(path="report.ipynb", texts=["name"], cell_timeout_s=5)
    assert job.spec.params == {"rate": "0.5", "name": "007"}
    assert [one.path for one in job.files] == ["report.ipynb"]
    for text, field in (
        ("type: notebook\nnotebook: a.ipynb\nparameters: {rate: 1}\n", "parameters"),
        ("type: notebook\n", "notebook"),
        ("type: notebook\nnotebook: no.ipynb\ncode: .\n", "notebook"),
    ):
        file.write_text(text)
        with pytest.raises(BadJob) as error:
            notebook_file.of(document.read(file), file, {})
        assert error.value.field == field
