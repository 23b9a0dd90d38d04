"""What a job's references come to when it is submitted: files of the store, or what is fetched before the job starts."""

import re
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.outbound import check_url
from studiolo.kernel.storage import manifests
from studiolo.studio import slices
from studiolo.studio.datastores import opening
from studiolo.studio.datastores import service as datastores
from studiolo.studio.experiments import artifacts, repository
from studiolo.studio.experiments.environments import service as environments
from studiolo.studio.experiments.errors import ArtifactNotFound, BadJob, RunNotFound
from studiolo.studio.experiments.job_schemas import FILE_TYPES, DataInput, EnvironmentDefinition
from studiolo.studio.experiments.schemas import InputFile, JobSpec

# keys of a context that are written here; withheld, lent: variables of datastores that the job's spec did not name,
# opened for the programs around the command alone, and for the command too
OURS = ("staged", "direct", "sources", "environment", "kept_at", "withheld", "lent")
MANY = 500  # files; with more the runner places them from a manifest
_JOB = re.compile(r"azureml://(?:.*/)?jobs/([^/]+)/outputs/([^/]+)(?:/paths(?:/(.*))?)?")
_RUN = re.compile(r"runs:/([^/]+)(?:/(.*))?")
_ASSET = re.compile(r"azureml:(?:/subscriptions/.*/(?:data|models)/([^/]+)/versions/([^/]+)|([^/]+))")
_OF_RUNS = ("runs:", "azureml://jobs")
_OF_SPARK = ("runs:", "azureml:", "studiolo://")  # Spark reads none of the studio's own addresses: it gets the files
_ENVIRONMENT_TAG = "studiolo.environment"


class Resolved(NamedTuple):
    """Files of the store for an input. source: how lineage names where they come from; alone: it is one file.

    stage: what is made of them before the job starts; stores: datastores that it opens then.
    """

    files: list[InputFile]
    source: str
    alone: bool = False
    stage: dict[str, Any] | None = None
    stores: tuple[str, ...] = ()


def resolve(ctx: Context, spec: JobSpec) -> JobSpec:
    """Return a job with all that it refers to found; raises what is not there, with the field.

    A spec that was resolved before is taken as it was written: what was added then is found anew.
    """
    context: dict[str, Any] = {key: value for key, value in spec.context.items() if key not in OURS}
    for key in ("inputs", "outputs"):
        if not isinstance(context.get(key), dict):
            context.pop(key, None)
    shapes = dict(context.get("inputs", {}))
    inputs, secrets, tags = dict(spec.inputs), _own_secrets(spec), dict(spec.tags)
    tags.pop(_ENVIRONMENT_TAG, None)
    found: dict[str, dict[str, Any]] = {key: {} for key in ("staged", "direct", "sources", "kept_at")}
    around: set[str] = set()  # datastores that the programs around the command open
    handed: set[str] = set()  # and those that the command itself does
    for name, given in spec.data.items():
        inputs.pop(name, None)
        shapes[name] = "file" if given.type in FILE_TYPES else "folder"
        if (
            given.mode == "direct"
            and name != _cut(spec)
            and not given.path.startswith(_OF_SPARK if spec.kind == "spark" else _OF_RUNS)
        ):
            found["direct"][name] = given.path
            if given.path.startswith(("azureml://", "studiolo://")):
                handed.add(_located(ctx, name, given.path)[0])
        elif stage := _staged(ctx, name, given):
            found["staged"][name] = stage
            if store := stage.get("datastore"):
                around.add(store)
        else:
            resolved = _stored(ctx, name, given)
            inputs[name] = resolved.files
            found["sources"][name] = resolved.source
            found["staged"] |= {name: resolved.stage} if resolved.stage else {}
            around.update(resolved.stores)
            shapes[name] = "file" if resolved.alone else "folder"
    for name, output in spec.outputs.items():
        if output.path:
            store, path = _output_place(ctx, name, output.path)
            found["kept_at"][name] = {"datastore": store, "path": path}
            around.add(store)
    chosen = environments.choose(ctx, spec.environment)
    if chosen is not None:
        context["environment"] = chosen._asdict()
        tags[_ENVIRONMENT_TAG] = chosen.reference
    context |= {key: value for key, value in found.items() if value}
    if shapes:
        context["inputs"] = shapes
    context |= _open(secrets, around, handed)
    changed = {"context": context, "inputs": inputs, "secrets": secrets, "tags": tags}
    return spec.model_copy(update=changed | _kept_once(spec, chosen))


def lock_of(ctx: Context, environment: str) -> str:
    """Return the name of all packages of a registered environment, empty for the studio's own; raises EnvironmentNotFound."""
    chosen = environments.choose(ctx, environment) if environment else None
    return chosen.hash if chosen is not None else ""


def _cut(spec: JobSpec) -> str:
    """Return the input whose table is cut into mini-batches: its files come, as an address cannot be cut."""
    return spec.parallel.data if spec.parallel is not None else ""


def _kept_once(spec: JobSpec, chosen: environments.Chosen | None) -> dict[str, Any]:
    """Return what takes the place of an environment whose folder was sent along: that is kept once, not in each job."""
    sent = isinstance(spec.environment, EnvironmentDefinition) and spec.environment.build is not None
    return {"environment": chosen.reference} if sent and chosen is not None else {}


def _own_secrets(spec: JobSpec) -> dict[str, str]:
    """Return the secrets that a job's author named: those that were added when it was resolved before are left out."""
    lists = [said for key in ("withheld", "lent") if isinstance(said := spec.context.get(key), list)]
    added = {str(name) for said in lists for name in said}
    return {name: reference for name, reference in spec.secrets.items() if name not in added}


def _open(secrets: dict[str, str], around: set[str], handed: set[str]) -> dict[str, list[str]]:
    """Add what opens datastores to a job's own secrets; returns for its context which the command gets, and which not."""
    said: dict[str, list[str]] = {}
    for key, stores in (("lent", handed), ("withheld", around - handed)):
        wanted = {opening.variable(store): f"datastore:{store}" for store in stores}
        added = {variable: reference for variable, reference in wanted.items() if variable not in secrets}
        secrets |= added
        if added:
            said[key] = sorted(added)
    return said


def _staged(ctx: Context, name: str, given: DataInput) -> dict[str, Any] | None:
    """Return what is fetched before the job starts, None when the bytes are in the store already."""
    path = given.path
    if path.startswith(("https://", "http://")):
        check_url(path, private=ctx.settings.fetch_private, field=f"data.{name}", setting="STUDIOLO_FETCH_PRIVATE")
        last = unquote(urlsplit(path).path.rstrip("/").rpartition("/")[2])
        return {"url": path, "file": artifacts.clean(last) if last else "data"}
    if path.startswith("studiolo://") or (path.startswith("azureml://") and "/datastores/" in f"/{path[10:]}"):
        store, inside = _located(ctx, name, path)
        file = inside.rstrip("/").rpartition("/")[2] if given.type in FILE_TYPES else ""
        if given.type in FILE_TYPES and not file:
            raise BadJob(f"Input '{name}' is a uri_file, and names no file.", "Write its path.", field=f"data.{name}")
        return {"datastore": store, "path": inside, "file": file}
    return None


def _located(ctx: Context, name: str, url: str) -> tuple[str, str]:
    ctx.actor.must("datastores.read")
    try:
        store, path = datastores.locate(ctx, url)
        datastores.get(ctx, store)
    except StudioloError as error:
        error.field = f"data.{name}"
        raise
    return store, path


def _stored(ctx: Context, name: str, given: DataInput) -> Resolved:
    field = f"data.{name}"
    if match := _JOB.fullmatch(given.path):
        return _of_run(ctx, match[1], _artifact_path(match[2], match[3] or ""), given, field)
    if match := _RUN.fullmatch(given.path):
        return _of_run(ctx, match[1], (match[2] or "").strip("/"), given, field)
    match = _ASSET.fullmatch(given.path)
    if not match:
        raise BadJob(
            f"Input '{name}' is at '{given.path[:200]}', which means nothing here.",
            "Write azureml:<name>:<version>, azureml://datastores/…, azureml://jobs/…, runs:/… or https://…",
            field=field,
        )
    reference = f"{match[1]}:{match[2]}" if match[1] else _newest(match[3])
    for _, part in slices.parts("job_inputs"):
        resolved: Resolved | None = part.resolve(ctx, reference, given.type, field)
        if resolved is not None:
            return _fitting(resolved, name, given, field)
    raise BadJob(f"Nothing is called '{reference[:200]}'.", "List datasets: studiolo datasets list", field=field)


def _newest(reference: str) -> str:
    """Take the words for the newest version away; behind a number `@latest` would be a part that is called so.

    >>> _newest("titanic@latest"), _newest("titanic:latest"), _newest("titanic:3@latest")
    ('titanic', 'titanic', 'titanic:3@latest')
    """
    return reference.removesuffix(":latest") if ":" in reference else reference.removesuffix("@latest")


def _fitting(resolved: Resolved, name: str, given: DataInput, field: str) -> Resolved:
    if given.type in FILE_TYPES and not resolved.alone:
        raise BadJob(
            f"Input '{name}' is a uri_file, and {resolved.source.partition(':')[2]} has many files.",
            "Write `type: uri_folder`.",
            field=field,
        )
    return resolved if given.type in FILE_TYPES else resolved._replace(alone=False)


def _artifact_path(output: str, path: str) -> str:
    """Return where an output of a job is among its artifacts: `artifacts` is all of them, with `outputs/` as their root.

    >>> _artifact_path("model", "m.pkl"), _artifact_path("artifacts", "outputs/world.txt"), _artifact_path("default", "x")
    ('model/m.pkl', 'world.txt', 'x')
    """
    path = path.strip("/")
    if output in ("artifacts", "default"):
        return "" if path == "outputs" else path.removeprefix("outputs/")
    return f"{output}/{path}".rstrip("/")


def _of_run(ctx: Context, which: str, path: str, given: DataInput, field: str) -> Resolved:
    ctx.actor.must("experiments.read")
    with ctx.db.read() as tx:
        row = repository.run_row(tx, ctx.workspace_id, which) or repository.run_by_name(tx, ctx.workspace_id, which)
        if row is None:
            error = RunNotFound(which)
            error.field = field
            raise error
        root = artifacts.run_root(row.experiment, row.id)
        found = list(artifacts.below(tx, ctx, f"{root}/{artifacts.clean(path, empty=True)}".rstrip("/")))
        if not found:
            try:
                file = artifacts.find_at(tx, ctx, f"{root}/{artifacts.clean(path)}") if path else None
            except ArtifactNotFound:
                file = None
            if file is None:
                raise BadJob(
                    f"Run {row.id[:8]} '{row.name}' ({row.state}) has no files at '{path or '.'}'.",
                    f"List them: studiolo experiments artifacts {row.id}",
                    field=field,
                )
            alone = [InputFile(path=path.rpartition("/")[2], digest=file.digest)]
            return Resolved(alone, f"run:{row.id}", alone=True)
    whole = not path and "/outputs/artifacts" in given.path  # the implicit output: `outputs/` is in it, and `logs/`
    named = {_in_artifacts(file.path) if whole else file.path: file for file in found}
    if len(named) == 1 and given.type in FILE_TYPES:
        [(name, file)] = named.items()
        return Resolved([InputFile(path=name.rpartition("/")[2], digest=file.digest)], f"run:{row.id}", alone=True)
    if len(named) > MANY:
        entries = (manifests.Entry(name, named[name].size, named[name].digest) for name in sorted(named))
        files = [InputFile(path=".", digest=manifests.write(ctx.blobs, entries).digest, manifest=True)]
    else:
        files = [InputFile(path=name, digest=file.digest) for name, file in sorted(named.items())]
    return _fitting(Resolved(files, f"run:{row.id}"), field.partition(".")[2], given, field)


def _in_artifacts(path: str) -> str:
    return path if path.startswith(("logs/", "user_logs/")) else f"outputs/{path}"


def _output_place(ctx: Context, name: str, path: str) -> tuple[str, str]:
    """Return datastore and path of an output, with expressions that only the run's start can fill left in."""
    filled = re.sub(r"\$\{\{\s*default_datastore\s*\}\}", lambda _: datastores.default(ctx).name, path)
    filled = re.sub(r"\$\{\{\s*output_name\s*\}\}", name, filled)
    if not filled.startswith(("azureml://", "studiolo://")):
        raise BadJob(
            f"Output '{name}' is to go to '{path[:200]}', which is no datastore.",
            "Write azureml://datastores/<name>/paths/<path>; without a path the run keeps it.",
            field=f"outputs.{name}",
        )
    store, inside = datastores.locate(ctx, filled)
    ctx.actor.must("datastores.write")
    datastores.get(ctx, store)
    return store, inside
