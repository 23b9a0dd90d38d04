"""What a scorer is told: the content of deployment.json."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

MAX_BODY = 16 * 2**20


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """model: folder of the MLflow model. port: 0 takes a free one. Relative paths count from the file's folder.

    keys: file with `{"hashes": ["<sha256 hex>", …]}`, read again when it changes.
    stats, log: folders; they outlive a restart.
    queue: requests that may wait for a prediction; more are answered 503.
    cors: origins that pages may call from; empty: none.
    extra: what happens to columns that the model does not know.
    """

    endpoint: str
    model: str
    deployment: str = ""
    version: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    workers: int = 1
    keys: str = "keys.json"
    stats: str = "stats"
    log: str = "log"
    tier: Literal["auto", "compiled", "pyfunc"] = "auto"
    body_limit: int = MAX_BODY
    queue: int = 256
    batch_rows: int = 4096
    body_seconds: float = 30.0
    drain_seconds: float = 10.0
    log_bytes: int = 8 * 2**20
    cors: tuple[str, ...] = ()
    extra: Literal["reject", "ignore"] = "reject"


def read(path: Path) -> Deployment:
    """Read deployment.json; paths in the result are absolute.

    Raises TypeError for a member that is missing or unknown, and names it.
    """
    found = Deployment(**json.loads(path.read_bytes()))
    folder = path.resolve().parent
    return replace(
        found,
        model=str(folder / found.model),
        keys=str(folder / found.keys),
        stats=str(folder / found.stats),
        log=str(folder / found.log),
    )
