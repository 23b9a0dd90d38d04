"""`studiolo datasets quality …`."""

from pathlib import Path
from typing import Annotated

import typer

from studiolo.kernel.terminal import Output, OutputOption, out, show, transport
from studiolo.studio.datasets.names import parse
from studiolo.studio.datasets.quality import yaml_form
from studiolo.studio.datasets.quality.client import QualityRules
from studiolo.studio.datasets.quality.schemas import CheckReport, QualitySettings

app = typer.Typer(help="Quality: rules that the versions of a dataset must keep.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="name, or name:version where a version is meant.")]
_CHECK = ("created_at", "version", "state", "origin", "rules", "broken", "id")
_RESULT = ("outcome", "severity", "title", "failed", "checked", "said")


def _quality(context: typer.Context) -> QualityRules:
    return QualityRules(transport(context))


@app.command("show")
def show_(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Show the rules of a dataset and how they stand."""
    found = _quality(context).get(parse(name)[0])
    if output is Output.json:
        show(found, output=output)
        return
    lines = [{"severity": rule.severity, "rule": title} for rule, title in zip(found.rules, found.titles, strict=True)]
    show(lines, ("severity", "rule"), output=output, empty="No rules yet.")
    asked = f", asked each {found.frequency}" if found.frequency else ""
    out.print(f"\n{found.state}{asked}", markup=False, highlight=False)


@app.command()
def export(
    context: typer.Context,
    name: Name,
    file: Annotated[Path | None, typer.Argument(help="Where to; default standard output.")] = None,
) -> None:
    """Write the rules as YAML."""
    found = _quality(context).get(parse(name)[0])
    text = yaml_form.dump(QualitySettings(**{key: getattr(found, key) for key in QualitySettings.model_fields}))
    if file is None:
        out.print(text, markup=False, highlight=False, end="")
    else:
        file.write_text(text, "utf-8")


@app.command("set")
def set_(
    context: typer.Context,
    name: Name,
    file: Annotated[Path, typer.Argument(help="A YAML file of rules.", exists=True, dir_okay=False)],
    output: OutputOption = Output.table,
) -> None:
    """Write the rules that a YAML file holds."""
    found = _quality(context).load(parse(name)[0], file)
    show(found, () if output is Output.json else ("dataset", "rules_version", "titles"), output=output)


@app.command()
def suggest(
    context: typer.Context,
    name: Name,
    take: Annotated[bool, typer.Option("--take", help="Add those that are not there yet.")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Suggest rules that the profile keeps."""
    quality, (dataset, version) = _quality(context), parse(name)
    found = quality.suggest(dataset, version)
    if take:
        old = quality.get(dataset)
        rules = [*old.rules, *(one.rule for one in found if one.rule not in old.rules)]
        quality.set(
            dataset, rules, frequency=old.frequency, zone=old.zone, recipients=[str(one) for one in old.recipients]
        )
    show(found, () if output is Output.json else ("title", "why"), output=output)


@app.command()
def check(
    context: typer.Context,
    name: Name,
    wait: Annotated[bool, typer.Option(help="Wait for the report.")] = True,
    output: OutputOption = Output.table,
) -> None:
    """Check a version now; ends with code 1 when a rule that blocks is broken."""
    dataset, version = parse(name)
    found = _quality(context).check(dataset, version, wait=wait)
    _tell(found, output)
    if found.check.state in ("failed", "error"):
        raise typer.Exit(1)


@app.command()
def report(
    context: typer.Context,
    name: Name,
    check: Annotated[str | None, typer.Argument(help="Id of a check; default the newest.")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Show what came of a check, with the first rows that break each rule."""
    quality, (dataset, version) = _quality(context), parse(name)
    if check is None:
        newest = quality.history(dataset, version, limit=1)
        if not newest:
            show([], output=output, empty="No check yet.")
            return
        check = newest[0].id
    _tell(quality.report(dataset, check), output)


def _tell(found: CheckReport, output: Output) -> None:
    if output is Output.json or found.report is None:
        show(found.check if found.report is None else found, output=output)
        return
    show(found.report.results, _RESULT, output=output)
    for result in found.report.results:
        for row in result.examples:
            place = f"line {row.line}" if row.line else f"row {row.row}" if row.row else ""
            values = ", ".join(f"{key}={value}" for key, value in row.values.items())
            out.print(f"  {result.title}: {place} {values}", markup=False, highlight=False)
    out.print(f"\n{found.check.state}: {found.check.broken} of {found.check.rules} rules are broken", markup=False)


@app.command()
def history(
    context: typer.Context,
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    output: OutputOption = Output.table,
) -> None:
    """List checks, newest first."""
    dataset, version = parse(name)
    show(_quality(context).history(dataset, version, limit), _CHECK, output=output, empty="No check yet.")


@app.command()
def accept(context: typer.Context, name: Name, output: OutputOption = Output.table) -> None:
    """Let a version be the newest one although a rule blocks it."""
    dataset, version = parse(name)
    if version is None:
        raise typer.BadParameter("Name the version: name:number.")
    _quality(context).accept(dataset, version)
    show({"accepted": name}, output=output)
