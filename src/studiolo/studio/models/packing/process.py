"""The child that makes a model folder of a file: `python -m studiolo.studio.models.packing.process`.

One JSON request on standard input, one reply on standard output: `{"ok": {"kind": …, "root": …}}`, `{"problem": …}` or
`{"full": true}`. It loads no model and ends by itself when its time is over.
"""

import errno
import json
import resource
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from studiolo.studio.models.packing import archives
from studiolo.studio.models.packing.kinds import kind_of
from studiolo.studio.models.packing.refusal import Refused
from studiolo.studio.models.packing.wrap import wrap


def pack(request: dict[str, Any]) -> dict[str, Any]:
    """Make the folder; path, name, work, limit, kind, requirements and example are the request's."""
    path, work = Path(request["path"]), Path(request["work"])
    kind, name = request["kind"], request["name"]
    folder = work / "unpacked"
    if kind in ("auto", "folder"):
        known = None
        if kind == "auto":
            try:
                known = kind_of(path, name)
            except Refused:
                known = None
        if (known is None or known == "joblib") and archives.unpack(path, folder, request["limit"]):
            root = archives.model_root(folder)
            if root is None:
                raise Refused(
                    "There is no MLmodel file in the archive.",
                    "Pack the folder that mlflow.<flavor>.save_model wrote, or send the model file by itself.",
                )
            return {"kind": "folder", "root": str(root)}
        if kind == "folder":
            raise Refused("The file is no zip and no tar.", "Pack the folder: zip -r model.zip model/")
        kind = known or kind_of(path, name)
    moved = work / "content"
    shutil.copyfile(path, moved)
    wrap(moved, kind, work / "model", request["requirements"], request["example"], name)
    return {"kind": kind, "root": str(work / "model")}


def main() -> int:
    """Answer the one request."""
    request = json.load(sys.stdin)
    for limit, value in (
        (resource.RLIMIT_AS, request["memory"]),
        (resource.RLIMIT_CPU, int(request["seconds"]) + 5),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):
            continue
    signal.alarm(int(request["seconds"]) + 1)
    reply: dict[str, Any]
    try:
        reply = {"ok": pack(request)}
    except Refused as error:
        reply = {"problem": {"detail": error.detail, "hint": error.hint, "field": error.field}}
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        reply = (
            {"full": True}
            if full
            else {"problem": {"detail": f"The file cannot be read: {error.strerror}.", "hint": "", "field": "file"}}
        )
    except (MemoryError, RecursionError):
        reply = {
            "problem": {
                "detail": "The file takes more memory than looking into it may.",
                "hint": "Raise STUDIOLO_INSPECT_MEMORY_BYTES.",
                "field": "file",
            }
        }
    json.dump(reply, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
