"""Reads notebook jobs (YAML): an .ipynb, and what its parameters are."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import command
from studiolo.studio.experiments.job_files.document import Word, first_error, mapping, text, unknown
from studiolo.studio.experiments.notebooks.schemas import Notebook

_OWN = {"notebook", "cell_timeout"}
KNOWN = (command.KNOWN - {"command", "distribution"}) | _OWN


def of(raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> command.CommandJob:
    """Make a job of a notebook job's mapping; raises BadJob, which names the key.

    The notebook is one of the code folder, or without `code` a file that is sent alone.
    """
    name = text(raw.get("notebook")).strip()
    if not name.endswith(".ipynb"):
        raise BadJob("The job names no notebook.", "Write `notebook: report.ipynb`.", field="notebook")
    if "parameters" in raw:
        # as papermill calls them; left out with a warning, the notebook would run with other values than were meant
        raise BadJob(
            "A notebook job has no 'parameters'.",
            "Write them under `inputs`: those are what the notebook's parameters become.",
            field="parameters",
        )
    given = {key: value for key, value in raw.items() if key not in _OWN and key not in ("$schema", "type")}
    alone = not text(raw.get("code")).strip()
    inside = Path(name).name if alone else Path(name).as_posix()
    given |= {"command": inside, "code": name if alone else raw["code"]}
    job = command.of({**given, "type": "command"}, path, places)
    if not any(file.slot is None and file.path == inside for file in job.files):
        raise BadJob(f"There is no {inside} in the code.", "Paths of notebooks count from `code`.", field="notebook")
    job.warnings = [*unknown(raw, KNOWN), *job.warnings]
    texts = [
        key for key, one in mapping(raw, "inputs").items() if isinstance(one, str) and one and not isinstance(one, Word)
    ]
    try:
        book = Notebook(path=inside, texts=texts, cell_timeout_s=raw.get("cell_timeout"))
    except ValueError as error:
        raise BadJob(f"{path}: {first_error(error)}", field="cell_timeout") from None
    job.spec = job.spec.model_copy(update={"kind": "notebook", "command": [inside], "notebook": book})
    return job
