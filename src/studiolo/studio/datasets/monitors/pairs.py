"""Drift between two versions, from what their profiles keep: no row is read again."""

import json
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.studio.datasets import inspection, names, profiling, versions
from studiolo.studio.datasets.errors import NotATable, ProfileNotReady
from studiolo.studio.datasets.monitors.results import Comparison
from studiolo.studio.datasets.repository import reference
from studiolo.studio.datasets.table_file import EDGES_FILE, PROFILE_FILE
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments.errors import ArtifactNotFound

MODULE = "studiolo.studio.datasets.monitors.pairs_process"


def compare(ctx: Context, baseline: str, target: str, threshold: float = 0.1) -> Comparison:
    """Measure how far each column moved from one version to another; a child process with limits counts.

    baseline, target: `name` or `name:version`, of one dataset or two; threshold: of the population stability index.
    Quantiles and frequent values come from the profiles, so distances are within about 0.01 of those of the rows.
    Raises ProfileNotReady.
    """
    sides = [_side(ctx, *names.parse(each)) for each in (baseline, target)]
    request = {"sides": sides, "threshold": threshold}
    with inspection.work_folder(ctx) as work:
        return Comparison.model_validate(inspection.ask(ctx, request, work, MODULE)["found"])


def _side(ctx: Context, name: str, version: int | None) -> dict[str, Any]:
    row = versions.find_row(ctx, name, version)
    if row.kind == "file":
        raise NotATable(reference(name, row.version))
    profile = profiling.document(ctx, name, row.version)
    return {"profile": str(profile), "edges": str(_edges(ctx, row))}


def _edges(ctx: Context, row: Any) -> Path:
    """Return the quantiles that were left with the profile; a newer one may be on its way."""
    try:
        with ctx.db.read() as tx:
            found = artifacts.beside(tx, ctx, row.profile, PROFILE_FILE, EDGES_FILE)
    except ArtifactNotFound:
        raise ProfileNotReady(
            f"The quantiles of {reference(row.name, row.version)} are not there: the run that computed its profile is gone.",
            "Compute the profile again.",
        ) from None
    return ctx.blobs.path(found.digest)


def measured(sides: list[dict[str, Any]], threshold: float) -> Comparison:
    """Compare two stored profiles; in the child."""
    from studiolo.studio.datasets.monitors import comparing, distributions
    from studiolo.studio.datasets.profile_schemas import Profile

    profiles = [Profile.model_validate_json(Path(side["profile"]).read_bytes()) for side in sides]
    edges = [json.loads(Path(side["edges"]).read_text("utf-8")) for side in sides]
    found: list[dict[str, distributions.Distribution]] = [{}, {}]
    left_out: dict[str, str] = {}
    known = [{column.name: column for column in profile.columns} for profile in profiles]
    for name, column in known[0].items():
        other = known[1].get(name)
        if other is None:
            left_out[name] = "not in the target"
            continue
        pair = [
            distributions.of_profile(each, quantiles.get(name, []))
            for each, quantiles in zip((column, other), edges, strict=True)
        ]
        if pair[0] is None or pair[1] is None:
            left_out[name] = "the profile holds no quantiles or frequent values of it"
        elif pair[0].kind != pair[1].kind:
            left_out[name] = f"{column.type} here, {other.type} in the target"
        elif _says_nothing(pair[0]):
            left_out[name] = f"{column.distinct:,} different texts"
        else:
            found[0][name], found[1][name] = pair[0], pair[1]
    left_out |= {name: "not in the baseline" for name in known[1] if name not in known[0]}
    rows = [profile.rows for profile in profiles]
    result = Comparison(
        rows=rows[1], all_rows=rows[1], baseline_rows=rows[0], enough=min(rows) >= comparing.ENOUGH,
        threshold=threshold, left_out=left_out,
    )  # fmt: skip
    result.features = comparing.everything(found[0], found[1], dict.fromkeys(found[0], threshold), {})
    result.features.sort(key=comparing.rank)
    comparing.judge(result)
    return result


def _says_nothing(one: Any) -> bool:
    """Say whether the frequent values are too small a part of a column of texts to compare it by."""
    return bool(one.kind == "category" and one.others > 0.5 * max(1, one.count))
