"""Secrets of jobs: named in the spec, opened when an attempt starts, handed to its process alone.

The value goes from the controller to the runner through a pipe: it stands in no file, no command line and no row.
"""

import re

from studiolo.kernel.auth import repository as people
from studiolo.kernel.auth import service as auth
from studiolo.kernel.context import Context
from studiolo.kernel.secrets import scrubbing
from studiolo.runner.launch import Handed
from studiolo.studio.datastores import opening
from studiolo.studio.datastores import service as datastores
from studiolo.studio.experiments import secret_texts
from studiolo.studio.experiments.claims import Claim
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.workspace.vault import handing

STORE = "datastore:"
_MOST = 100
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_TAKEN = ("STUDIOLO_", "MLFLOW_", "LD_", "DYLD_", "PYTHON")  # what would change how the job is run
_TAKEN_WHOLE = {"PATH", "HOME"}


def check(ctx: Context, spec: JobSpec) -> None:
    """Refuse secrets that the actor's job would not get; raises what is wrong, with the field."""
    if len(spec.secrets) > _MOST:
        raise BadJob(f"The job names {len(spec.secrets)} secrets; at most {_MOST} are handed.", field="secrets")
    for env, reference in spec.secrets.items():
        field = f"secrets.{env}"
        if reference.startswith(STORE):
            _check_store(ctx, env, reference.removeprefix(STORE), field)
            continue
        if not _NAME.fullmatch(env) or env.startswith(_TAKEN) or env in _TAKEN_WHOLE:
            raise BadJob(
                f"'{env[:80]}' cannot be the variable of a secret.",
                "Use letters, digits and _; not PATH, HOME, nor what begins with STUDIOLO_, MLFLOW_, LD_ or PYTHON.",
                field=field,
            )
        if env in spec.env:
            raise BadJob(f"'{env}' is among the environment variables too.", "Name it once.", field=field)
        handing.check(ctx, reference, field)


def _check_store(ctx: Context, env: str, name: str, field: str) -> None:
    ctx.actor.must("datastores.read")
    datastores.get(ctx, name)
    if env != opening.variable(name):
        raise BadJob(
            f"The datastore '{name}' comes as {opening.variable(name)}, not as '{env[:80]}'.",
            f"Write {opening.variable(name)}: {STORE}{name}",
            field=field,
        )


def hand(ctx: Context, claim: Claim) -> Handed:
    """Open the secrets of an attempt that starts, and write each use down; raises StudioloError when one cannot be had."""
    env: dict[str, str] = {}
    hidden: list[str] = []
    for variable, reference in claim.spec.secrets.items():
        if reference.startswith(STORE):
            name = reference.removeprefix(STORE)
            document = datastores.for_job(ctx, name)
            env[variable] = document
            hidden += [document, *secret_texts.of_store(document)]
            _note(ctx, claim, variable, reference)
            continue
        value = handing.hand(
            ctx, reference, env=variable, account=claim.user, run_id=claim.id, run=claim.name, attempt=claim.attempt
        )
        env[variable] = value
        hidden.append(value)
    for value in hidden:
        scrubbing.remember(value)
    return Handed(env=env, hidden=hidden)


def _note(ctx: Context, claim: Claim, variable: str, reference: str) -> None:
    with ctx.db.begin() as tx:
        who = people.account_by_name(tx, claim.user)
        detail = {"env": variable, "run_id": claim.id, "attempt": claim.attempt}
        actor = who.id if who else ctx.actor.id
        auth.audit(tx, ctx.clock, ctx.workspace_id, actor, "secret.used", reference, detail)
