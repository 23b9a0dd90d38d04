"""Runs a notebook job: `python -m studiolo.studio.experiments.notebooks.driver`, in the job's working folder.

nbclient runs in the studio's Python, the kernel in that of the job's environment, which needs ipykernel and nothing else. The executed notebook
is an output of the job: written after each cell and while a long one speaks, so that it is there whatever becomes of the job.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from studiolo.runner import attempt, scrub
from studiolo.runner.journal import Journal
from studiolo.studio.experiments import secret_texts
from studiolo.studio.experiments.notebooks import parameters
from studiolo.studio.experiments.notebooks.schemas import Notebook

PLAN = "notebook.json"
_SAVE_SECONDS = 2.0
_STARTUP_SECONDS = 120
_PYTHON = ("python", "python3", "")


class Failed(Exception):
    """The notebook did not come to its end; the message is for the user."""


class Executed:
    """The notebook as it is run, on disk."""

    def __init__(self, path: Path, book: Any, secrets: list[str]) -> None:
        self.path, self.book = path, book
        self._known = scrub.patterns(secret_texts.hidden(os.environ, secrets))
        self._saved = float("-inf")

    def save(self, *, at_once: bool = True) -> None:
        """Write it whole or not at all; not at once: only when the last writing was a while ago."""
        if not at_once and time.monotonic() - self._saved < _SAVE_SECONDS:
            return
        import nbformat

        data = nbformat.writes(self.book).encode("utf-8", "surrogatepass")
        if self._known:
            stream = scrub.Stream(self._known)
            data = stream.feed(data) + stream.end()
        part = self.path.with_name(f".{self.path.name}.part")
        part.write_bytes(data)
        part.replace(self.path)
        self._saved = time.monotonic()


def run(place: Path, plan: dict[str, Any]) -> None:
    """Run the notebook of an attempt; raises Failed."""
    import nbformat

    asked = Notebook.model_validate(plan["notebook"])
    source = Path(asked.path)
    try:
        book = nbformat.read(source, as_version=4)
    except FileNotFoundError:
        raise Failed(f"There is no {asked.path} in the code.") from None
    except (ValueError, nbformat.ValidationError, AttributeError, KeyError) as error:
        raise Failed(f"{asked.path} is no notebook: {str(error).splitlines()[0] if str(error) else error!r}.") from None
    language = str(book.metadata.get("kernelspec", {}).get("language", ""))
    if language.lower() not in _PYTHON:
        raise Failed(f"{asked.path} is written in {language}; notebooks in Python are run.")
    given = parameters.values(plan["values"], asked.texts) | plan["paths"]
    if given:
        parameters.inject(book.cells, given, nbformat.v4.new_code_cell)
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    executed = Executed(place / "outputs" / source.name, book, plan["secrets"])
    executed.save()
    _execute(executed, asked, kernel(), place)


def kernel() -> list[str]:
    """Return the words that start a kernel in the job's environment; raises Failed when that cannot have one."""
    python = shutil.which("python") or sys.executable
    tried = subprocess.run([python, "-c", "import ipykernel"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise Failed("The environment has no ipykernel, which runs notebooks: add `ipykernel` to its packages.")
    return [python, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--IPKernelApp.log_level=40"]


def _execute(executed: Executed, asked: Notebook, command: list[str], place: Path) -> None:
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    class OneKernel(KernelSpecManager):  # type: ignore[misc]
        """Knows the kernel of the job's environment, and none that is installed for the account."""

        def get_kernel_spec(self, kernel_name: str) -> Any:
            return KernelSpec(argv=command, display_name="Python 3", language="python")

    journal = Journal(place / "journal.jsonl")
    cells = [cell for cell in executed.book.cells if cell.cell_type == "code" and cell.source.strip()]
    cells = [
        cell for cell in cells if parameters.INJECTED not in cell.metadata.get("tags", [])
    ]  # people count their own
    numbers = {id(cell): number for number, cell in enumerate(cells, 1)}
    at = {"cell": 0}

    class Client(NotebookClient):  # type: ignore[misc]
        """Tells the log and the file what cells say while they say it."""

        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            found = super().process_message(msg, cell, cell_index)
            if msg["msg_type"] == "stream":
                sys.stdout.write(msg["content"]["text"])
                sys.stdout.flush()
            executed.save(at_once=False)
            return found

    def begun(cell: Any, **_: Any) -> None:
        at["cell"] = numbers.get(id(cell), at["cell"])

    def over(**_: Any) -> None:
        executed.save()
        journal.progress(at["cell"], len(cells), "Cells")

    client = Client(
        executed.book,
        timeout=asked.cell_timeout_s,
        startup_timeout=_STARTUP_SECONDS,
        km=AsyncKernelManager(kernel_spec_manager=OneKernel(), kernel_name="job"),
        resources={"metadata": {"path": str(Path.cwd())}},
        on_cell_execute=begun,
        on_cell_executed=over,
    )
    journal.progress(0, len(cells), "Cells")
    try:
        client.execute()
    except CellExecutionError as error:
        raise Failed(_said(at["cell"], len(cells), cells, f"failed: {error.ename}: {error.evalue}")) from None
    except CellTimeoutError:
        why = f"took longer than {asked.cell_timeout_s or 0:g} s (cell_timeout)"
        raise Failed(_said(at["cell"], len(cells), cells, why)) from None
    except DeadKernelError:
        raise Failed(_said(at["cell"], len(cells), cells, "ended the kernel: it was killed, or ended itself")) from None
    except RuntimeError as error:  # nbclient's for a kernel that does not come up
        raise Failed(f"The kernel did not start: {error}") from None
    finally:
        executed.save()


def _said(number: int, count: int, cells: list[Any], why: str) -> str:
    first = next((line for line in cells[number - 1].source.splitlines() if line.strip()), "") if number else ""
    return f"Cell {number} of {count} {why[:1500]}. It begins: {first.strip()[:120]}"


def main() -> int:
    """Run the notebook of this attempt; returns the exit code."""
    place = Path(os.environ["STUDIOLO_OUTPUTS"]).parent
    plan = json.loads((place / PLAN).read_text("utf-8"))
    own = place / "jupyter"
    own.mkdir(exist_ok=True)
    os.environ |= {"JUPYTER_RUNTIME_DIR": str(own), "IPYTHONDIR": str(own), "JUPYTER_PLATFORM_DIRS": "1"}

    def told_to_end(*_: object) -> None:
        raise Failed("It was told to end.")

    signal.signal(signal.SIGTERM, told_to_end)
    try:
        run(place, plan)
    except Failed as error:
        sys.stdout.write(f"[studio] {error}\n")
        attempt.write_json(str(place), attempt.FAILURE, {"class": "user_error", "error": str(error)})
        return 1
    finally:
        shutil.rmtree(own, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
