"""Where an endpoint's files are, below the home's `endpoints/`.

<endpoint id>/keys.json, forward.key          hashes of the keys; the key that the server forwards with
<endpoint id>/stats/<deployment id>/          counts of the workers
<endpoint id>/<deployment id>/model/          the model's files, hard links to blobs
<endpoint id>/<deployment id>/log/            lines of requests
<endpoint id>/<deployment id>/<attempt>/      attempt directory of the runner; deployment.json, ready.json, live, …
"""

from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context

FORWARD_KEY = "forward.key"


def of_endpoint(ctx: Context, endpoint_id: str) -> Path:
    """Return the folder of an endpoint."""
    return ctx.settings.home / "endpoints" / endpoint_id


def of_deployment(ctx: Context, row: Any) -> Path:
    """Return the folder of a deployment row."""
    return of_endpoint(ctx, row.endpoint_id) / str(row.id)


def of_attempt(ctx: Context, row: Any) -> Path:
    """Return the folder of the newest attempt of a deployment row."""
    return of_deployment(ctx, row) / str(row.attempt)


def stats(ctx: Context, endpoint_id: str) -> Path:
    """Return the folder of an endpoint's counts."""
    return of_endpoint(ctx, endpoint_id) / "stats"
