"""Files of a run by path: its artifacts, and below `models:/<name>/` the files of the models that it logged.

MLflow 3 keeps a logged model beside the run, not among the run's artifacts; who looks at a run wants both. No artifact of a
run can be called so: `models:/` begins an address.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from studiolo.kernel.context import Context
from studiolo.studio.experiments import artifacts, logged
from studiolo.studio.experiments.artifacts import Stored
from studiolo.studio.experiments.errors import ArtifactNotFound, RunNotFound
from studiolo.studio.experiments.logged import MODELS, Output
from studiolo.studio.experiments.schemas import Artifact
from studiolo.studio.experiments.tables import runs

_ALL_MODELS = MODELS.rstrip("/")


def find(tx: Connection, ctx: Context, run_id: str, path: str) -> Stored:
    """Return a file; raises ArtifactNotFound, BadPath, RunNotFound."""
    try:
        return artifacts.find_at(tx, ctx, folder(tx, ctx, run_id, path))
    except ArtifactNotFound:
        raise ArtifactNotFound(path) from None


def folder(tx: Connection, ctx: Context, run_id: str, path: str) -> str:
    """Return where in the workspace's artifacts a folder or file of a run is; raises ArtifactNotFound for an unknown model."""
    root, models = _places(tx, ctx, run_id)
    path = path.strip("/")
    if not path.startswith(MODELS):
        path = artifacts.clean(path, empty=True)
        return f"{root}/{path}" if path else root
    name, _, rest = path.removeprefix(MODELS).partition("/")
    for model in models:
        if name == model.id or f"{MODELS}{name}" == model.path:
            return f"{model.folder}/{artifacts.clean(rest)}" if rest else model.folder
    raise ArtifactNotFound(path)


def children(tx: Connection, ctx: Context, run_id: str, path: str = "") -> list[Artifact]:
    """Return the files and folders directly below a folder, folders without a size; each logged model is a folder of the top."""
    path = path.strip("/")
    root, models = _places(tx, ctx, run_id)
    of_models = [Artifact(path=model.path, is_dir=True) for model in models]
    if path == _ALL_MODELS:
        return of_models
    if not path:
        return artifacts.children(tx, ctx, root) + of_models
    found = artifacts.children(tx, ctx, folder(tx, ctx, run_id, path))
    return [item.model_copy(update={"path": f"{path}/{item.path}"}) for item in found]


def below(tx: Connection, ctx: Context, run_id: str, path: str = "") -> Iterator[Stored]:
    """Yield every file below a folder with its path in the run; of the top those of logged models first."""
    path = path.strip("/")
    root, models = _places(tx, ctx, run_id)
    if path in ("", _ALL_MODELS):
        for model in models:
            yield from _under(tx, ctx, model.folder, model.path)
        if not path:
            yield from artifacts.below(tx, ctx, root)
        return
    yield from _under(tx, ctx, folder(tx, ctx, run_id, path), path)


def _under(tx: Connection, ctx: Context, place: str, path: str) -> Iterator[Stored]:
    for stored in artifacts.below(tx, ctx, place):
        yield stored._replace(path=f"{path}/{stored.path}")


def _places(tx: Connection, ctx: Context, run_id: str) -> tuple[str, list[Output]]:
    query = select(runs.c.seq, runs.c.experiment)
    row = tx.execute(query.where(runs.c.id == run_id, runs.c.workspace_id == ctx.workspace_id)).first()
    if row is None:
        raise RunNotFound(run_id)
    return artifacts.run_root(row.experiment, run_id), logged.outputs(tx, row.seq)
