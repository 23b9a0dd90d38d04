"""Model versions as inputs of command jobs, and outputs of such jobs as models."""

from dataclasses import replace

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.experiments import artifacts, registering
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_resolution import Resolved
from studiolo.studio.experiments.schemas import InputFile
from studiolo.studio.models import publishing, service


def resolve(ctx: Context, reference: str, kind: str, field: str) -> Resolved | None:
    """Return the files of a version; None for what is no model's kind. Raises ModelNotFound, VersionNotFound, AliasNotFound."""
    if kind not in registering.MODELS:
        return None
    ctx.actor.must("models.read")
    name, sign, version = reference.partition(":") if ":" in reference else reference.rpartition("@")
    if not sign:
        name, version = reference, "latest"
    try:
        chosen = service.get_version(ctx, name, version).version
        files = service.manifest(ctx, name, chosen)
    except StudioloError as error:
        error.field = field
        raise
    if not files:
        raise BadJob(f"The files of {name}:{chosen} are not in the studio.", field=field)
    given = [InputFile(path=path, digest=digest) for path, digest in files.items()]
    return Resolved(given, publishing.reference(name, chosen))


def tick(ctx: Context) -> bool:
    """Register the outputs of completed jobs that become models; registering and saying so are one transaction."""
    found = registering.ready(ctx, registering.MODELS)
    for output in found:
        mine = replace(ctx, actor=replace(ctx.actor, name=output.user))
        try:
            with ctx.db.begin() as tx:
                tags = {"asked_version": output.version} if output.version else {}
                if output.type == "mlflow_model":
                    made = service.register(
                        mine, output.asset, output.run_id, output.path, tx=tx, description=output.description, tags=tags
                    )
                    number = made.version
                else:
                    root = artifacts.root_of_run(tx, ctx, output.run_id)
                    text = f"runs:/{output.run_id}/{output.path}"
                    source = publishing.Source(text, f"{root}/{output.path}", output.run_id, custom=True)
                    model = service.found_or_made(tx, mine, output.asset)
                    number = service.add_version(
                        tx, mine, model, source, run_link="", description=output.description, tags=tags
                    ).version
                registering.settle(tx, ctx, output, reference=publishing.reference(output.asset, number))
        except StudioloError as problem:
            with ctx.db.begin() as tx:
                registering.settle(tx, ctx, output, error=str(problem))
    return bool(found)
