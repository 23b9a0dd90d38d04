"""Registering from a web address or another MLflow: a job fetches, as the server must not wait, and sends it as an upload.

What is asked for may hold secrets (a token, a signed address): it lies sealed beside the database until the job has ended,
and only the job's own token opens it. The job's spec names the address without them.
"""

import os
import re
import sys
from contextlib import suppress
from pathlib import Path

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied, Invalid, StudioloError
from studiolo.kernel.outbound import check_url
from studiolo.kernel.secrets.envelope import seal, unseal
from studiolo.kernel.secrets.master import master_key
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.errors import RunNotFound
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec, Resources, Run
from studiolo.studio.models import registration
from studiolo.studio.models.errors import FetchNotFound
from studiolo.studio.models.schemas import Fetch, FetchCreate, FetchOrder, VersionUpload
from studiolo.studio.models.sources import OURS, without_secrets

KIND = "register_model"
DONE, PROBLEM = "registered", "problem"  # documents of the job
SETTING = "STUDIOLO_FETCH_PRIVATE"
_FOLDER = Path("secrets") / "fetches"


def start(ctx: Context, name: str, wanted: FetchCreate) -> Fetch:
    """Queue the job; raises AddressRefused, BadName, BadModelFile, Invalid before that."""
    about = VersionUpload(description=wanted.description, requirements=wanted.requirements, example=wanted.example)
    registration.check(name, about)
    private = ctx.settings.fetch_private
    if OURS.match(wanted.address):
        if not wanted.tracking_uri:
            raise Invalid(
                "Which MLflow?", "Give its address, such as https://mlflow.example.org.", field="tracking_uri"
            )
        check_url(wanted.tracking_uri, private=private, field="tracking_uri", setting=SETTING)
    elif re.match(r"https?:", wanted.address):
        check_url(wanted.address, private=private, field="address", setting=SETTING)
    else:
        raise Invalid(
            f"'{wanted.address[:120]}' is no address that the studio can fetch.",
            "Write https://…, or runs:/RUN/path or models:/NAME/3 of another MLflow; what is in s3:// and the like is "
            "fetched by studiolo models register, on the machine that may read it.",
            field="address",
        )
    order = FetchOrder(
        **wanted.model_dump(),
        name=name,
        private=private,
        seconds=ctx.settings.fetch_seconds,
        limit=ctx.settings.upload_limit_bytes,
    )
    source = told(wanted)
    spec = JobSpec(
        experiment="Models",
        name=f"register {name}",
        kind=KIND,
        command=[sys.executable, "-m", "studiolo.studio.models.fetch_job"],
        resources=Resources(cores=1),
        timeout_s=ctx.settings.fetch_seconds + 600,
        env={"STUDIOLO_MODEL": name},
        params={"model": name, "source": source[:500]},
        context={"model": name, "source": source[:1000]},
    )
    with ctx.db.begin() as tx:
        run = experiments.submit(ctx, spec, tx)
        _write(_path(ctx, run.id), seal(master_key(ctx.settings), order.model_dump_json(), _about(ctx, run.id)))
    return _fetch(ctx, run, name)


def get(ctx: Context, name: str, run_id: str) -> Fetch:
    """Return how far a fetch is; raises FetchNotFound."""
    return _fetch(ctx, _run(ctx, name, run_id), name)


def cancel(ctx: Context, name: str, run_id: str) -> Fetch:
    """Stop a fetch; one that has ended stays as it ended."""
    _run(ctx, name, run_id)
    experiments.cancel(ctx, run_id)
    return get(ctx, name, run_id)


def order(ctx: Context, name: str, run_id: str) -> FetchOrder:
    """Return what a job is to fetch, with its secrets, to that job alone."""
    if ctx.actor.run_id != run_id:
        raise Denied("Only the job that fetches may read what it is to fetch: it may hold a token.")
    _run(ctx, name, run_id)
    try:
        envelope = _path(ctx, run_id).read_bytes()
    except FileNotFoundError:
        raise FetchNotFound(run_id) from None
    return FetchOrder.model_validate_json(unseal(master_key(ctx.settings), envelope, _about(ctx, run_id)))


def forget_ended(ctx: Context) -> bool:
    """Remove the orders of jobs that have ended or never came to be; True when there were any."""
    found = False
    for path in (ctx.settings.home / _FOLDER).glob(f"{ctx.workspace_id}.*"):
        try:
            ended = experiments.get(ctx, path.name.partition(".")[2]).state in TERMINAL
        except RunNotFound:  # its transaction is still open, or was never ended
            with suppress(FileNotFoundError):
                ended = ctx.clock.now().timestamp() - path.stat().st_mtime > 600
                if ended:
                    path.unlink()
            continue
        if ended:
            path.unlink(missing_ok=True)
            found = True
    return found


def told(wanted: FetchCreate) -> str:
    """Return the origin as it is written down: without user, password and query."""
    if wanted.tracking_uri:
        return f"{wanted.address} of {without_secrets(wanted.tracking_uri)}"
    return without_secrets(wanted.address)


def _run(ctx: Context, name: str, run_id: str) -> Run:
    try:
        run = experiments.get(ctx, run_id)
    except RunNotFound:
        raise FetchNotFound(run_id) from None
    spec = experiments.spec(ctx, run_id) if run.kind == KIND else None
    if spec is None or spec.context.get("model") != name:
        raise FetchNotFound(run_id)
    return run


def _fetch(ctx: Context, run: Run, name: str) -> Fetch:
    share = None
    if run.progress and run.progress.total:
        share = min(1.0, run.progress.done / run.progress.total)
    found = Fetch(
        run_id=run.id, name=name, state="running", started_at=run.started_at or run.created_at, progress=share
    )
    found.label = run.progress.label if run.progress else ""
    if run.state in ("NotStarted", "Queued"):
        found.state, found.label = "queued", "Waiting for a free core"
    elif run.state == "Completed":
        done = experiments.document(ctx, run.id, DONE)
        found.state = "done" if isinstance(done, dict) else "failed"
        found.version = done["version"] if isinstance(done, dict) else None
        found.error = "" if done else "It ended without a model."
    elif run.state == "Canceled":
        found.state, found.error = "canceled", "It was stopped; nothing was registered."
    elif run.state in TERMINAL:
        problem = experiments.document(ctx, run.id, PROBLEM)
        told = problem if isinstance(problem, dict) else {}
        found.state = "failed"
        found.error = str(told.get("detail") or run.error or f"Its job ended as {run.state}.")
        found.hint, found.field = str(told.get("hint") or ""), told.get("field")
    return found


def _path(ctx: Context, run_id: str) -> Path:
    return ctx.settings.home / _FOLDER / f"{ctx.workspace_id}.{run_id}"


def _about(ctx: Context, run_id: str) -> str:
    return f"{ctx.workspace_id}|fetch|{run_id}"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise _NotKept(f"{path} cannot be written: {error.strerror}.", "Free some space, then try again.") from None


class _NotKept(StudioloError):
    """The sealed order of a fetch cannot be written."""

    code, status, title = "models.order_not_kept", 507, "The order cannot be kept"
