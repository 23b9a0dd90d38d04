"""The verbs of components: register, find, list, archive; and filling the steps of a graph with what they name."""

import hashlib
import json
import re
from typing import Any

from sqlalchemy.exc import IntegrityError

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.paging import Page, bounded, decode, encode
from studiolo.studio.experiments.schemas import InputFile
from studiolo.studio.pipelines import checking, interfaces
from studiolo.studio.pipelines.components import repository
from studiolo.studio.pipelines.components.schemas import Component, ComponentCreate, ComponentDetail
from studiolo.studio.pipelines.errors import BadComponent, BadPipeline, ComponentExists, ComponentNotFound
from studiolo.studio.pipelines.schemas import Graph, OutputPort, Port, Problem, Step

_REGISTRY = re.compile(r"azureml://registries/[^/]+/components/([^/]+)/(?:versions|labels)/([^/]+)")
_LONG = re.compile(r"(?:azureml:)?/subscriptions/.*/components/([^/]+)/versions/([^/]+)")


def parse(reference: str) -> tuple[str, str]:
    """Return name and version of a reference; an empty version is the newest.

    >>> parse("azureml:train:3"), parse("train@latest"), parse("train")
    (('train', '3'), ('train', ''), ('train', ''))
    """
    text = reference.strip()
    if found := _REGISTRY.fullmatch(text) or _LONG.fullmatch(text):
        return found[1], "" if found[2] == "latest" else found[2]
    text = text.removeprefix("azureml:")
    name, _, version = text.partition("@") if "@" in text else text.partition(":")
    return name, "" if version == "latest" else version


def register(ctx: Context, given: ComponentCreate) -> Component:
    """Register a version; the same content again is the same version. Raises BadComponent, BadPipeline, ComponentExists."""
    given = _whole(ctx, given)
    _check(ctx, given)
    body = given.model_dump(mode="json", exclude={"name", "version"})
    digest = hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    for last in (False, False, True):
        with ctx.db.read() as tx:
            known = repository.versions(tx, ctx, given.name)
        newest = known[0] if known else None
        if given.version:
            same = next((row for row in known if row.version == given.version), None)
            if same is not None:
                if same.digest != digest:
                    raise ComponentExists(f"{given.name}:{given.version}")
                return _component(same, known)
        elif newest is not None and newest.digest == digest and not newest.archived:
            return _component(newest, known)
        numbers = [int(row.version) for row in known if row.version.isdigit()]
        version = given.version or str(max(numbers, default=0) + 1)
        values = {"name": given.name, "version": version, "digest": digest, "body": body, "created_by": ctx.actor.name}
        try:
            with ctx.db.begin() as tx:
                row = repository.add(tx, ctx, values)
                ctx.events.emit(tx, "component.created", given.name, {"version": version})
        except IntegrityError:  # somebody registered the same number in this moment
            if last:
                raise
            continue
        return _component(row, [row, *known])
    raise AssertionError("unreachable")


def _whole(ctx: Context, given: ComponentCreate) -> ComponentCreate:
    """Fill in what the steps of a pipeline name, so that the version means the same for ever."""
    return (
        given.model_copy(update={"graph": interfaces.inferred(fill(ctx, given.graph))})
        if given.graph is not None
        else given
    )


def _check(ctx: Context, given: ComponentCreate) -> None:
    if given.kind == "pipeline":
        if given.graph is None:
            raise BadComponent("A pipeline component has no steps.", "Write them under `jobs:`.", field="graph")
        refuse(checking.of_graph(given.graph))
        return
    if given.task is None:
        raise BadComponent(f"A {given.kind} component has nothing to run.", "Write `command:`.", field="task")
    if given.task.kind != given.kind:
        raise BadComponent(f"The component is a {given.kind}, and what it runs is a {given.task.kind}.", field="kind")
    for name, port in given.inputs.items():
        if port.default is not None:
            step = Step(kind=given.kind, task=given.task, declares={name: port})
            refuse(checking.of_graph(Graph(steps={"component": step})))
    for file in files_of(given.task):
        if not ctx.blobs.keep(file.digest):
            raise BadComponent(
                f"The bytes of {file.path} are not in the studio.", "Upload the file first.", field="task.code"
            )


def files_of(task: Any) -> list[InputFile]:
    """Return the files that a task brings along."""
    return [*task.code, *task.artifacts]


def refuse(problems: list[Problem]) -> None:
    """Raise BadPipeline for the first of some problems, with all of them in its body."""
    if not problems:
        return
    first = problems[0]
    steps = "".join(f"steps.{name}." for name in first.step.split("/")) if first.step else ""
    field = f"graph.{steps}{first.field}" if steps or first.field == "jobs" else first.field
    more = f" ({len(problems) - 1} more problems.)" if len(problems) > 1 else ""
    raise BadPipeline(
        f"{first.message}{more}",
        first.hint,
        field=field,
        problems=[one.model_dump() for one in problems],
    )


def get(ctx: Context, name: str, version: str = "") -> ComponentDetail:
    """Return a version, the newest unless one is named; raises ComponentNotFound."""
    with ctx.db.read() as tx:
        row = repository.find(tx, ctx, name, version)
        known = repository.versions(tx, ctx, name)
    if row is None:
        raise ComponentNotFound(f"{name}:{version}" if version else name)
    return _detail(row, known)


def list_(
    ctx: Context, cursor: str | None = None, limit: int = 100, *, name: str = "", archived: bool = False
) -> Page[Component]:
    """Return a page of components, the newest version of each, by name."""
    keys = decode(cursor, 1)
    limit = bounded(limit)
    with ctx.db.read() as tx:
        rows = repository.newest(tx, ctx, str(keys[0]) if keys else None, limit + 1, name, archived=archived)
    items = [_component(row, [row]).model_copy(update={"versions": row.versions}) for row in rows[:limit]]
    return Page(items=items, next=encode(rows[limit - 1].name) if len(rows) > limit else None)


def versions(ctx: Context, name: str) -> list[Component]:
    """Return the versions of a component, newest first; raises ComponentNotFound."""
    with ctx.db.read() as tx:
        known = repository.versions(tx, ctx, name)
    if not known:
        raise ComponentNotFound(name)
    return [_component(row, known) for row in known]


def archive(ctx: Context, name: str, version: str, *, archived: bool) -> list[Component]:
    """Put a version, or all of a name, out of the lists, or back; steps that name it find it still."""
    with ctx.db.begin() as tx:
        known = repository.versions(tx, ctx, name)
        chosen = [row for row in known if not version or row.version == version]
        if not chosen:
            raise ComponentNotFound(f"{name}:{version}" if version else name)
        repository.set_archived(tx, [row.seq for row in chosen], archived=archived)
        ctx.events.emit(tx, "component.updated", name, {"archived": archived})
    return versions(ctx, name)


def fill(ctx: Context, graph: Graph, at: str = "graph.") -> Graph:
    """Return a graph whose steps have the task or graph and the interface of the components that they name, versions pinned.

    Raises ComponentNotFound, which names the step.
    """
    steps = {}
    for name, step in graph.steps.items():
        field = f"{at}steps.{name}."
        filled = _filled(ctx, step, field) if step.component else step
        if filled.graph is not None and not step.component:
            filled = filled.model_copy(update={"graph": fill(ctx, filled.graph, f"{field}graph.")})
            if not step.declares and not step.makes and filled.graph is not None:
                interface = {"declares": filled.graph.inputs, "makes": filled.graph.outputs}
                filled = filled.model_copy(update=interface)
        steps[name] = filled
    return graph.model_copy(update={"steps": steps})


def _filled(ctx: Context, step: Step, field: str) -> Step:
    name, version = parse(step.component)
    try:
        found = get(ctx, name, version)
    except StudioloError as error:
        error.field = f"{field}component"
        raise
    return step.model_copy(
        update={
            "kind": found.kind,
            "component": found.reference,
            "task": found.task,
            "graph": found.graph,
            "declares": found.inputs,
            "makes": found.outputs,
            "reuse": step.reuse and found.is_deterministic,
        }
    )


def _component(row: Any, known: list[Any]) -> Component:
    body = row.body
    newest = next((one.seq for one in known if not one.archived), None)
    return Component(
        name=row.name,
        version=row.version,
        reference=f"{row.name}:{row.version}",
        kind=body["kind"],
        display_name=body["display_name"],
        description=body["description"],
        tags=body["tags"],
        is_deterministic=body["is_deterministic"],
        inputs={key: Port.model_validate(port) for key, port in body["inputs"].items()},
        outputs={key: OutputPort.model_validate(port) for key, port in body["outputs"].items()},
        archived=row.archived,
        latest=row.seq == newest,
        versions=len(known),
        created_at=row.created_at,
        created_by=row.created_by,
    )


def _detail(row: Any, known: list[Any]) -> ComponentDetail:
    whole = _component(row, known).model_dump()
    return ComponentDetail.model_validate({**whole, "task": row.body["task"], "graph": row.body["graph"]})
