"""Dataset versions and parts of their splits as inputs of command jobs, and outputs of such jobs as datasets."""

from dataclasses import replace
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.datasets import contents, names, part_files, versions
from studiolo.studio.datasets.errors import NotATable
from studiolo.studio.datasets.registration_schemas import FromRun, RegistrationCreate
from studiolo.studio.datasets.registrations import orders
from studiolo.studio.datasets.repository import reference as reference_of
from studiolo.studio.datasets.rows import parts
from studiolo.studio.datasets.schemas import TableSchema
from studiolo.studio.experiments import registering
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_resolution import Resolved
from studiolo.studio.experiments.schemas import InputFile


def resolve(ctx: Context, reference: str, kind: str, field: str) -> Resolved | None:
    """Return the files of a version as they were registered, or what makes files of the rows of a part, `titanic:3@train`.

    None for what is no dataset's kind. Raises DatasetNotFound, SplitNotFound, NotATable, BadJob.
    """
    if kind not in registering.DATA:
        return None
    ctx.actor.must("datasets.read")
    whole, at, part = reference.partition("@")
    try:
        row = versions.find_row(ctx, *names.parse(whole))
        if at:
            return _part(ctx, row, part, kind)
    except StudioloError as error:
        error.field = field
        raise
    shown = reference_of(row.name, row.version)
    if row.mode == "referenced":
        raise BadJob(
            f"The files of {shown} stay in the datastore '{row.datastore}'.",
            f"Name them there: azureml://datastores/{row.datastore}/paths/…",
            field=field,
        )
    alone = row.file_count == 1
    if row.manifest and not alone:
        return Resolved([InputFile(path=".", digest=row.manifest, manifest=True)], f"dataset:{shown}")
    files = [InputFile(path=e.path, digest=str(e.digest)) for e in contents.of(ctx, row).entries()]
    return Resolved(files, f"dataset:{shown}", alone=alone)


def _part(ctx: Context, row: Any, part: str, kind: str) -> Resolved:
    """Return the files of a version as its readers take them, and which of their rows the job is to find.

    What is recorded now goes along: a split that is removed later changes nothing of the job.
    """
    shown = reference_of(row.name, row.version)
    if row.kind == "file":
        raise NotATable(shown)
    found = parts.of_version(ctx, row, part)
    name = part_files.file_name(TableSchema.model_validate(row.table), found.part, kind)
    stage = {"rows": found.model_dump_json(), "reference": f"{shown}@{part}", "file": name, "type": kind}
    stores = (str(row.datastore),) if row.mode == "referenced" else ()
    return Resolved(versions.inputs(ctx, row), f"dataset:{shown}@{part}", alone=True, stage=stage, stores=stores)


def tick(ctx: Context) -> bool:
    """Queue the registration of outputs of completed jobs that become datasets; True when there were any.

    `registrations.taking` settles them when the version is there. A controller that is killed between the two steps registers the
    same files again, which is the same version.
    """
    found = registering.ready(ctx, registering.DATA)
    for output in found:
        mine = replace(ctx, actor=replace(ctx.actor, name=output.user))
        asked = RegistrationCreate(
            name=output.asset,
            kind="tabular" if output.type == "mltable" else "file",
            description=output.description,
            tags={"asked_version": output.version} if output.version else {},
            source=FromRun(run_id=output.run_id, path=output.path),
        )
        try:
            queued = orders.start(mine, asked)
        except StudioloError as problem:
            with ctx.db.begin() as tx:
                registering.settle(tx, ctx, output, error=str(problem))
            continue
        with ctx.db.begin() as tx:
            registering.under_way(tx, output, queued.run_id)
    return bool(found)
