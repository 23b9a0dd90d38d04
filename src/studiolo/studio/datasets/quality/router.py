"""Routes of quality rules and checks."""

from fastapi import APIRouter, Depends, Query
from starlette.responses import PlainTextResponse

from studiolo.kernel.auth.request import context
from studiolo.kernel.context import Context
from studiolo.kernel.paging import Page
from studiolo.studio.datasets import names
from studiolo.studio.datasets.quality import service, yaml_form
from studiolo.studio.datasets.quality.schemas import (
    Check,
    CheckReport,
    CheckRequest,
    Quality,
    QualitySettings,
    RulesText,
    Suggestion,
)

router = APIRouter(prefix="/{name}/quality")


@router.get("")
def get_quality(name: str, ctx: Context = Depends(context)) -> Quality:
    """Return the rules of a dataset and how they stand."""
    ctx.actor.must("datasets.read")
    return service.get(ctx, names.checked(name))


@router.put("")
def set_quality(name: str, settings: QualitySettings, ctx: Context = Depends(context)) -> Quality:
    """Write the rules of a dataset."""
    ctx.actor.must("datasets.write")
    return service.keep(ctx, names.checked(name), settings)


@router.get("/rules.yaml", response_class=PlainTextResponse)
def export_rules(name: str, ctx: Context = Depends(context)) -> str:
    """Return the rules as YAML."""
    ctx.actor.must("datasets.read")
    found = service.get(ctx, names.checked(name))
    return yaml_form.dump(QualitySettings(**{key: getattr(found, key) for key in QualitySettings.model_fields}))


@router.put("/rules.yaml")
def import_rules(name: str, spec: RulesText, ctx: Context = Depends(context)) -> Quality:
    """Write the rules that a YAML text holds."""
    ctx.actor.must("datasets.write")
    return service.keep(ctx, names.checked(name), yaml_form.load(spec.text))


@router.get("/suggestions")
def suggest_rules(name: str, version: int | None = None, ctx: Context = Depends(context)) -> list[Suggestion]:
    """Return rules that the profile of a version keeps; 409 while it is computed."""
    ctx.actor.must("datasets.read")
    return service.suggest(ctx, names.checked(name), version)


@router.get("/checks")
def list_checks(
    name: str,
    version: int | None = None,
    cursor: str | None = None,
    limit: int = Query(50, ge=1, le=1000),
    ctx: Context = Depends(context),
) -> Page[Check]:
    """List the checks, newest first."""
    ctx.actor.must("datasets.read")
    return service.history(ctx, names.checked(name), version, cursor, limit)


@router.post("/checks", status_code=202)
def check_version(name: str, request: CheckRequest, ctx: Context = Depends(context)) -> Check:
    """Check a version now."""
    ctx.actor.must("datasets.write")
    return service.check_now(ctx, names.checked(name), request)


@router.get("/checks/{id}")
def get_check(name: str, id: str, ctx: Context = Depends(context)) -> CheckReport:  # noqa: A002 - the name in the path
    """Return a check and what came of each rule, with the first rows that break it."""
    ctx.actor.must("datasets.read")
    return service.report(ctx, names.checked(name), id)


@router.post("/versions/{version}/accept", status_code=204)
def accept_version(name: str, version: int, ctx: Context = Depends(context)) -> None:
    """Let a version be the newest one although a rule blocks it."""
    ctx.actor.must("datasets.write")
    service.accept(ctx, names.checked(name), version)
