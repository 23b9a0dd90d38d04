"""Python files that the studio itself puts into models: ours when they are, byte for byte, what this studio would write.

Automated ML's predictor is read from the installed package, where its copy in a model is made from (automl/package.py);
nothing of it is imported. A model of an older studio, whose predictor differs, is known by the digests in `EARLIER`.
"""

import hashlib
from functools import cache
from pathlib import Path

from studiolo.studio.models.packing.loader import LOADER, LOADER_CODE

PREDICTOR = "studiolo_predictor"
LOADERS = frozenset({LOADER, PREDICTOR})
_INSTALLED = Path(__file__).parents[2] / "automl" / "predictor"
_IMPORTED = "studiolo.studio.automl.predictor"
EARLIER: frozenset[str] = frozenset()  # "path:sha256" of what released versions wrote and this one does not
MAX_SIZE = 1 << 20


@cache
def _ours() -> frozenset[str]:
    found = {_key(f"code/{LOADER}.py", LOADER_CODE.encode())}
    for file in _INSTALLED.glob("*.py"):
        text = file.read_text(encoding="utf-8").replace(_IMPORTED, PREDICTOR)
        found.add(_key(f"code/{PREDICTOR}/{file.name}", text.encode()))
    return frozenset(found) | EARLIER


def ours(path: str, content: bytes) -> bool:
    """Say whether a file of a model, at its path, is one that the studio wrote."""
    return len(content) <= MAX_SIZE and _key(path, content) in _ours()


def _key(path: str, content: bytes) -> str:
    return f"{path}:{hashlib.sha256(content).hexdigest()}"
