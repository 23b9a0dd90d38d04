"""What is to be known of a Slurm: where its jobs go, and which options of sbatch they get."""

import re
from collections.abc import Mapping
from typing import Any

from studiolo.studio.compute.backends.base import Field
from studiolo.studio.compute.given import complete, lines, number

FIELDS = (
    Field("partition", "Partition", "Where jobs go; empty: Slurm's default one.", example="gpu"),
    Field("account", "Account", "What their use is charged to.", example="research"),
    Field("qos", "QOS", "Quality of service that they ask for.", example="normal"),
    Field("time", "Time limit", "Of a job that has no timeout of its own: minutes, or days-hours:minutes:seconds.", example="1-00:00:00"),
    Field("options", "More options of sbatch", "One in each line.", type="lines", example="--constraint=a100"),
    Field("max_jobs", "Jobs in Slurm at once", "More wait in the studio.", type="number", default=100),
)  # fmt: skip
# what the studio says itself, or what would take its jobs out of its hands
_OURS = frozenset(
    [
        "array",
        "begin",
        "bell",
        "chdir",
        "cluster",
        "clusters",
        "comment",
        "cpus-per-task",
        "dependency",
        "error",
        "export",
        "export-file",
        "get-user-env",
        "gid",
        "hold",
        "ignore-pbs",
        "input",
        "job-name",
        "kill-on-invalid-dep",
        "mem",
        "nice",
        "no-requeue",
        "nodes",
        "ntasks",
        "open-mode",
        "output",
        "parsable",
        "partition",
        "priority",
        "quiet",
        "requeue",
        "test-only",
        "uid",
        "wait",
        "wrap",
        "account",
        "qos",
        "time",
        "help",
        "usage",
        "version",
        "verbose",
        "signal",
    ]
)
_WORD = re.compile(r"[\w.,:@/+\[\]-]{1,255}")
_TIME = re.compile(r"\d{1,7}|\d{1,4}-\d{1,2}(:\d{1,2}){0,2}|\d{1,7}(:\d{1,2}){1,2}")
_OPTION = re.compile(r"--([a-z][a-z-]*)(=[^\x00-\x1f\x7f]{1,1000})?")


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings, complete; raises ValueError with the field's name and a sentence."""
    found = complete("Slurm", FIELDS, given)
    for name in ("partition", "account", "qos"):
        found[name] = str(found[name] or "").strip()
        if found[name] and not _WORD.fullmatch(found[name]):
            raise ValueError(name, f"'{found[name][:80]}' cannot be a {name} of Slurm.")
    found["time"] = str(found["time"] or "").strip()
    if found["time"] and not _TIME.fullmatch(found["time"]):
        raise ValueError("time", f"'{found['time'][:80]}' is no time of Slurm: write minutes, or 1-00:00:00.")
    found["max_jobs"] = number("max_jobs", found["max_jobs"], 1, 100_000)
    found["options"] = _options(found["options"])
    return found


def _options(given: Any) -> list[str]:
    found = lines("options", given, "Write one option in each line, such as --constraint=a100.")
    for line in found:
        parts = _OPTION.fullmatch(line)
        if parts is None:
            raise ValueError("options", f"'{line[:80]}' is no option: write --name or --name=value, one in each line.")
        if any(name.startswith(parts[1]) for name in _OURS):  # sbatch takes the beginning of a name for it
            raise ValueError(
                "options", f"--{parts[1]} is not for here: the studio says it, or it has a field of its own."
            )
    return found


def asked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what each question to the agent carries."""
    words = [f"--{name}={settings[name]}" for name in ("account", "qos", "time") if settings.get(name)]
    return {"partition": settings.get("partition") or "", "options": [*words, *settings.get("options", [])]}
