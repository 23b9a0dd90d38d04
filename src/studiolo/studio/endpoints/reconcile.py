"""The tick of endpoints: starts scorers, lets them go live, starts them again, ends them."""

import contextlib
import http.client
import json
import logging
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.runner import observe
from studiolo.runner.launch import LaunchFailed, ask_to_stop
from studiolo.runner.observe import Absent, Lost
from studiolo.studio.endpoints import folders, lifecycle, ports, repository, starting
from studiolo.studio.endpoints.errors import NoPort
from studiolo.studio.endpoints.lifecycle import Decision, Seen, Step
from studiolo.studio.endpoints.schemas import ENDED, Failure
from studiolo.studio.endpoints.service import reference
from studiolo.studio.models import service as models

log = logging.getLogger(__name__)
KEPT = 10  # ended deployments whose row and log stay
_TRIES = 10


def tick(ctx: Context) -> bool:
    """Bring every endpoint of the workspace one step nearer to what is wanted; True when there is more to do soon."""
    with ctx.db.glance() as tx:
        if not repository.at_work(tx, ctx.workspace_id):
            return False
    with ctx.db.read() as tx:
        rows = repository.at_work(tx, ctx.workspace_id)
        held = {row.id: repository.deployments_of(tx, row.id) for row in rows}
    busy = False
    for row in rows:
        try:
            busy = _endpoint(ctx, row, held[row.id]) or busy
        except OSError:  # one endpoint's folder must not keep the others waiting
            log.exception("endpoint %s could not be looked after", row.name)
    return busy


def _endpoint(ctx: Context, endpoint: Any, held: list[Any]) -> bool:
    opened = [row for row in held if row.state not in ENDED]
    if endpoint.desired == "Deleted" and not opened:
        _remove(ctx, endpoint)
        return True
    starting.keep_keys(ctx, endpoint)
    busy = False
    for row in opened:
        wanted = "Stopped" if endpoint.desired == "Deleted" else row.desired
        decision = decide(ctx, row, wanted)
        if decision.step is not Step.wait:
            _do(ctx, endpoint, row, decision)
            busy = True
        busy = busy or row.state != "Live"
    return busy


def decide(ctx: Context, row: Any, wanted: str) -> Decision:
    """Look at a deployment and choose its next step."""
    patience = timedelta(seconds=ctx.settings.endpoint_start_seconds)
    return lifecycle.decide(row, wanted, look(ctx, row), ctx.clock.now(), patience)


def look(ctx: Context, row: Any) -> Seen:
    """Read what the attempt's folder says."""
    if row.attempt == 0:
        return Seen(Absent())
    folder = folders.of_attempt(ctx, row)
    process = observe.look(folder)
    return Seen(
        process,
        _read(folder / "ready.json"),
        _read(folder / "failed.json"),
        _read(folder / "serving.json"),
        (folder / "live").exists(),
    )


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _do(ctx: Context, endpoint: Any, row: Any, decision: Decision) -> None:
    match decision.step:
        case Step.begin:
            _begin(ctx, endpoint, row)
        case Step.launch:
            _launch(ctx, endpoint, row)
        case Step.release:
            _release(ctx, endpoint, row)
        case Step.serve:
            _serve(ctx, endpoint, row)
        case Step.fail:
            _fail(ctx, endpoint, row, decision.failure)
        case Step.retry:
            _retry(ctx, endpoint, row, decision.failure)
        case Step.stop:
            _change(ctx, endpoint, row, state="Stopping", message="answers what it has begun, then ends")
            ask_to_stop(folders.of_attempt(ctx, row))
        case Step.end:
            _end(ctx, endpoint, row)
        case Step.wait:
            return


def _begin(ctx: Context, endpoint: Any, row: Any) -> None:
    """Count a new attempt first, so that two starts can never share a folder; then start it."""
    state = "Restarting" if row.live_at else "Starting"
    values = {"attempt": row.attempt + 1, "started_at": ctx.clock.now(), "not_before": None}
    if _change(ctx, endpoint, row, state=state, message="loads the model", **values):
        with ctx.db.read() as tx:
            begun = repository.deployment(tx, row.id)
        if begun is not None:
            _launch(ctx, endpoint, begun)


def _launch(ctx: Context, endpoint: Any, row: Any) -> None:
    try:
        starting.place(ctx, endpoint, row)
        starting.start(ctx, endpoint, row)
    except (StudioloError, LaunchFailed, OSError) as error:
        failure = Failure(stage="start", error=str(error))
        observe.claim(folders.of_attempt(ctx, row), "it could not be started")
        if row.live_at:
            _retry(ctx, endpoint, row, failure)
        else:
            _change(ctx, endpoint, row, state="Stopping", failure=_plain(failure))


def _release(ctx: Context, endpoint: Any, row: Any) -> None:
    """Say which scorer has the port now; the new one asks it for the socket."""
    with ctx.db.read() as tx:
        held = repository.deployments_of(tx, endpoint.id)
    before = next(
        (item for item in held if item.id != row.id and item.state in ("Live", "Stopping") and item.live_at), None
    )
    previous = str(folders.of_attempt(ctx, before)) if before is not None else None
    starting.write(folders.of_attempt(ctx, row) / "live", json.dumps({"previous": previous}))
    _change(ctx, endpoint, row, ready=_read(folders.of_attempt(ctx, row) / "ready.json"), message="takes the port over")


def _serve(ctx: Context, endpoint: Any, row: Any) -> None:
    """Ask over HTTP, then let it be the one that is live."""
    if not answers(endpoint.host, endpoint.port, row.id):
        return
    now = ctx.clock.now()
    values = {"state": "Live", "message": "", "failure": None, "not_before": None}
    with ctx.db.begin() as tx:
        ready = _read(folders.of_attempt(ctx, row) / "ready.json") or row.ready
        live_at = row.live_at or now
        if not repository.change_deployment(
            tx, row.id, ("Starting", "Restarting"), **values, ready=ready, live_at=live_at
        ):
            return
        repository.supersede(tx, endpoint.id, row.id, ("Live", "Restarting"))
        repository.change_endpoint(tx, endpoint.id, updated_at=now)
        _tell(tx, ctx, endpoint, row, "Live")


def answers(host: str, port: int, deployment_id: str) -> bool:
    """Say whether the port answers for this deployment; it may answer for the one before it a few times."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - the address to connect to
    found = ""
    for _ in range(_TRIES):
        connection = http.client.HTTPConnection(target, port, timeout=2)
        try:
            connection.request("GET", "/version")
            found = str(json.loads(connection.getresponse().read()).get("deployment"))
        except (OSError, ValueError, http.client.HTTPException):
            continue
        finally:
            connection.close()
        if found == deployment_id:
            return True
    return bool(found)  # the one before it took them all: both listen


def _fail(ctx: Context, endpoint: Any, row: Any, failure: Failure | None) -> None:
    """End a deployment that never went live, unless all that it lacks is another port."""
    if _moved(ctx, endpoint, failure):
        _retry(ctx, endpoint, row, failure)
        return
    _change(ctx, endpoint, row, state="Stopping", message="", failure=_plain(failure))
    ask_to_stop(folders.of_attempt(ctx, row))


def _moved(ctx: Context, endpoint: Any, failure: Failure | None) -> bool:
    """Give an endpoint another port when a program was quicker to listen on the one that we chose and never served on."""
    if failure is None or failure.stage != "port" or not endpoint.port_chosen:
        return False
    with ctx.db.begin() as tx:
        if any(item.live_at for item in repository.deployments_of(tx, endpoint.id)):
            return False
        try:
            other = ports.choose(ctx.settings, 0, repository.ports(tx))
        except NoPort:
            return False
        return repository.change_endpoint(tx, endpoint.id, port=other, updated_at=ctx.clock.now())


def _retry(ctx: Context, endpoint: Any, row: Any, failure: Failure | None) -> None:
    """Clear away what is left of a scorer that died, and set the time of its next start."""
    folder = folders.of_attempt(ctx, row)
    if isinstance(observe.look(folder), Lost):
        observe.sweep(folder, starting.mark(row))
    else:
        ask_to_stop(folder)
    now = ctx.clock.now()
    lived = now - row.started_at if row.started_at and row.state == "Live" else timedelta(0)
    wait = lifecycle.pause(row.restarts, lived)
    _change(
        ctx,
        endpoint,
        row,
        state="Restarting",
        restarts=1 if lived >= lifecycle.STABLE else row.restarts + 1,
        not_before=now + timedelta(seconds=wait),
        failure=_plain(failure),
        message=f"{failure.error if failure else 'The scorer ended.'} It starts again{f' in {wait:g} s' if wait else ''}.",
    )


def _end(ctx: Context, endpoint: Any, row: Any) -> None:
    folder = folders.of_deployment(ctx, row)
    if row.attempt:
        attempt = folders.of_attempt(ctx, row)
        process = observe.look(attempt)
        if isinstance(process, Absent) and not observe.claim(attempt, "the deployment was stopped"):
            return  # a runner was quicker; the next tick sees it
        if isinstance(process, Lost):
            observe.sweep(attempt, starting.mark(row))
    shutil.rmtree(folder / "model", ignore_errors=True)
    shutil.rmtree(folder / "model.part", ignore_errors=True)
    state = "Failed" if row.failure and not row.live_at else "Stopped"
    with ctx.db.begin() as tx:
        if not repository.change_deployment(
            tx, row.id, (row.state,), state=state, message="", ended_at=ctx.clock.now()
        ):
            return
        held = repository.deployments_of(tx, endpoint.id)
        others = [item for item in held if item.id != row.id and item.state not in ENDED]
        if not any((item.model, item.version) == (row.model, row.version) for item in others):
            models.mark_unused(tx, ctx, row.model, row.version, reference(endpoint.name))
        over = [item for item in held if item.state in ENDED][KEPT:]
        repository.delete_deployments(tx, [item.id for item in over])
        _tell(tx, ctx, endpoint, row, state)
    for item in over:
        shutil.rmtree(folders.of_deployment(ctx, item), ignore_errors=True)


def _remove(ctx: Context, endpoint: Any) -> None:
    """Forget an endpoint whose deployments have all ended: files first, so that nothing is left without a row."""
    shutil.rmtree(folders.of_endpoint(ctx, endpoint.id), ignore_errors=True)
    with ctx.db.begin() as tx:
        if repository.delete_endpoint(tx, endpoint.id):
            ctx.events.emit(tx, "endpoint.deleted", endpoint.name)
    with contextlib.suppress(OSError):  # another endpoint's folder is in it
        folders.of_endpoint(ctx, endpoint.id).parent.rmdir()


def _change(ctx: Context, endpoint: Any, row: Any, **values: Any) -> bool:
    """Change a deployment that is still in the state it was seen in, and tell of it."""
    with ctx.db.begin() as tx:
        if not repository.change_deployment(tx, row.id, (row.state,), **values):
            return False
        _tell(tx, ctx, endpoint, row, str(values.get("state", row.state)))
    return True


def _tell(tx: Any, ctx: Context, endpoint: Any, row: Any, state: str) -> None:
    told = {"deployment": row.number, "state": state, "model": row.model, "version": row.version}
    ctx.events.emit(tx, "endpoint.updated", endpoint.name, told)


def _plain(failure: Failure | None) -> dict[str, str] | None:
    return failure.model_dump() if failure else None
