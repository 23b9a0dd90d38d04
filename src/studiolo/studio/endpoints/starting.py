"""Putting a deployment's files in place and starting its scorer under a runner."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from studiolo.kernel.auth.secrets import digest, new_secret
from studiolo.kernel.context import Context
from studiolo.runner import launch
from studiolo.runner.launch import Order
from studiolo.studio.endpoints import folders
from studiolo.studio.models import service as models

DRAIN_SECONDS = 10.0
_MAIN = "studiolo.studio.endpoints.scoring.main"
_PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE")


def mark(row: Any) -> str:
    """Return what the processes of an attempt carry."""
    return f"{row.id}/{row.attempt}"


def place(ctx: Context, endpoint: Any, row: Any) -> None:
    """Link the model's files into the deployment's folder; done already is done."""
    folder = folders.of_deployment(ctx, row)
    model = folder / "model"
    if model.is_dir():
        return
    part = folder / "model.part"
    for path, blob in models.manifest(ctx, row.model, row.version).items():
        ctx.blobs.link(blob, part / path)
    part.replace(model)
    keep_keys(ctx, endpoint)


def start(ctx: Context, endpoint: Any, row: Any) -> None:
    """Write what the scorer is told, and start it; safe to repeat. Raises LaunchFailed."""
    folder = folders.of_attempt(ctx, row)
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "endpoint": endpoint.name,
        "deployment": row.id,
        "version": f"{row.model}:{row.version}",
        "model": "../model",
        "host": endpoint.host,
        "port": endpoint.port,
        "workers": row.workers,
        "keys": "../../keys.json",
        "stats": f"../../stats/{row.id}",
        "log": "../log",
        "tier": row.tier,
        "body_limit": ctx.settings.score_limit_bytes,
        "drain_seconds": DRAIN_SECONDS,
    }
    write(folder / "deployment.json", json.dumps(told, indent=2))
    environment = {key: os.environ[key] for key in _PASSED if key in os.environ}
    order = Order(
        argv=[sys.executable, "-P", "-m", _MAIN, str(folder / "deployment.json")],
        env=environment | {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=str(folder),
        mark=mark(row),
        grace_s=DRAIN_SECONDS + 3,
        title=f"endpoint {endpoint.name} {row.model}:{row.version}",
    )
    launch.prepare(folder, order)
    launch.launch(folder)


def keep_keys(ctx: Context, endpoint: Any) -> None:
    """Bring keys.json to what the row says; the scorer reads it again when it changes."""
    folder = folders.of_endpoint(ctx, endpoint.id)
    folder.mkdir(parents=True, exist_ok=True)
    forward = folder / folders.FORWARD_KEY
    if not forward.is_file():
        write(forward, new_secret("forward"))
    hashes = [key["hash"] for key in endpoint.keys.values()] + [digest(forward.read_text("ascii").strip())]
    text = json.dumps({"hashes": hashes})
    path = folder / "keys.json"
    if not path.is_file() or path.read_text("ascii") != text:
        write(path, text)


def write(path: Path, text: str) -> None:
    """Write a file whole, readable by the owner only."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)
