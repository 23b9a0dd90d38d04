"""Spark by Spark Connect: a job's program runs here, under the same runner as everywhere, and its work in an attached Spark.

The session of an attempt has an id that follows from the attempt. When it is over, however it ended, the session is closed before
that is told: what it still computes is interrupted, and nothing that is left of the attempt can speak to Spark any more.
"""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from studiolo.kernel import outbound
from studiolo.kernel.errors import MissingExtra, StudioloError
from studiolo.kernel.settings import Settings
from studiolo.runner import attempt
from studiolo.studio.compute.backends import local_machine
from studiolo.studio.compute.backends.base import (
    NOTHING,
    BackendSpec,
    Handed,
    Kept,
    Machine,
    Order,
    Usage,
)
from studiolo.studio.compute.errors import SparkAway
from studiolo.studio.compute.programs import NOBODY_KNOWS, Programs, tell
from studiolo.studio.compute.spark import settings, speaking

SPEC = BackendSpec(
    name="spark",
    title="Spark (Spark Connect)",
    description=(
        "A job's program runs on the studio's machine, and what it asks of Spark is computed where the Spark is. "
        "That listens for Spark Connect (start-connect-server.sh, port 15002)."
    ),
    attached=True,
    extra="spark",
    fields=settings.FIELDS,
    queues=True,
    programs_here=True,
    port=15002,
    place=("host", "port", "python"),
    signs_in=("token",),
    may_be_open=True,
)
LIMITS = (
    Kept("cores", False, "Those of the program here; what the Spark takes is said by the Spark."),
    Kept("memory", True, "The runner measures the program here; the Spark limits its own."),
    Kept("time", True, "The runner ends the program at its time limit, and the session in the Spark is closed."),
    Kept(
        "processes", True, "All processes of the program are found and ended; operations in the Spark are interrupted."
    ),
)
SESSION = "spark-session.json"  # of an attempt: the id of its session, and whether it was closed
_PROBE_SECONDS, _CLOSE_SECONDS = 45.0, 30.0
_OURS = ("STUDIOLO_", "MLFLOW_", "AZUREML_", "SPARK_", "PYTHONPATH")
log = logging.getLogger(__name__)
checked = settings.checked


class AttachedSpark(Programs):
    """A Spark as a backend: processes are this machine's, sessions the Spark's."""

    SPEC, RECORD, LIMITS = SPEC, SESSION, LIMITS

    def start(self, folder: Path, order: Order, handed: Handed = NOTHING) -> bool:
        """Start a runner on an attempt, whose program finds its session in SPARK_REMOTE."""
        session = settings.session_of(order["mark"])
        remote = settings.remote(self._machine, session)
        attempt.write_json(str(folder), SESSION, {"session": session})  # first: else nobody would close it
        token = self._machine.credentials.get("token")
        patience = str(self._machine.config["settings"]["patience"])
        given = Handed(
            env={**handed["env"], "SPARK_REMOTE": remote, "STUDIOLO_SPARK_PATIENCE": patience},
            hidden=[*handed["hidden"], *([token, remote] if token else [])],
        )
        return local_machine.start(folder, self._with_python(order), given)

    def close(self, folder: Path, record: dict[str, Any]) -> str:
        """Close the session of an attempt."""
        try:
            question = {"verb": "close", "remote": settings.remote(self._machine, record["session"])}
            found = _ask(self._machine, question, _CLOSE_SECONDS)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            log.warning("the session of the attempt %s could not be closed: %s", folder, error)
            return NOBODY_KNOWS
        if count := found.get("interrupted"):
            tell(folder, f"{count} operation{'s' if count > 1 else ''} interrupted in Spark")
        return str(found.get("said") or "yes")

    def _with_python(self, order: Order) -> Order:
        """Let jobs without an environment of their own find the Python that has pyspark before the studio's."""
        own, other = str(Path(sys.executable).parent), Path(settings.python_of(self._machine, sys.executable)).parent
        parts = order["env"].get("PATH", "").split(os.pathsep)
        if str(other) == own or "PATH" in order.get("own", []) or own not in parts:
            return order
        parts.insert(parts.index(own), str(other))
        return cast("Order", {**order, "env": {**order["env"], "PATH": os.pathsep.join(parts)}})


def attach(machine: Machine) -> AttachedSpark:
    """Return what runs attempts against a Spark; nothing is connected before a job is."""
    return AttachedSpark(machine)


def probe(machine: Machine) -> Mapping[str, Any]:
    """Open a session and close it again; raises StudioloError with the cause."""
    host, port = str(machine.config["host"]), int(machine.config["port"])
    try:
        outbound.judge_host(host, port, private=machine.private, setting="STUDIOLO_COMPUTE_PRIVATE")
    except OSError:
        raise SparkAway(f"Nobody knows the name '{host}'.", "Look for a slip in it.", field="host") from None
    question = {"verb": "probe", "remote": settings.remote(machine, settings.session_of(f"probe {time.time_ns()}"))}
    try:
        found = _ask(machine, question, _PROBE_SECONDS)
    except OSError as error:
        python = settings.python_of(machine, sys.executable)
        raise SparkAway(
            f"'{python}' cannot be run here: {error.strerror}.", "Name another Python.", field="python"
        ) from None
    except (subprocess.SubprocessError, ValueError):
        raise SparkAway(
            f"{host}:{port} did not answer within {_PROBE_SECONDS:g} s.",
            "Does Spark Connect listen there, with TLS or without as is said here?",
        ) from None
    if "version" not in found:
        raise _refusal(machine, found)
    here = local_machine.capacity(Settings())
    return {
        "host": host,
        "system": f"Spark {found['version']}",
        "version": f"{found['python']}, pyspark {found['pyspark']}",
        "cores": here.machine_cores,
        "memory_bytes": here.machine_memory_bytes,
        "disk_free_bytes": 0,
    }


def _refusal(machine: Machine, found: Mapping[str, Any]) -> StudioloError:
    where = f"{machine.config['host']}:{machine.config['port']}"
    match found.get("cause"):
        case "extra" if settings.python_of(machine, sys.executable) == sys.executable:
            return MissingExtra("Spark Connect", "spark")
        case "extra":
            return SparkAway(
                f"'{machine.config['python']}' has no pyspark that speaks Spark Connect: {found['said']}",
                "Install `pyspark[connect]` or `pyspark-client` there, or name another Python.",
                field="python",
            )
        case "refused":
            return SparkAway(
                f"The Spark at {where} refuses: {found['said']}.", "Give its token.", field="credentials.token"
            )
        case "away" if "WRONG_VERSION_NUMBER" in str(found["said"]):
            return SparkAway(
                f"What listens at {where} speaks no TLS, without which a token is sent to `localhost` alone.",
                "Name the host `localhost` for a Spark on the studio's own machine, or let it speak TLS.",
                field="host",
            )
        case "away":
            return SparkAway(f"No Spark Connect answers at {where}: {found['said']}.", "Is start-connect-server.sh running there, with TLS or without as is said here?", field="host")  # fmt: skip
        case _:
            return SparkAway(f"The Spark at {where} says: {found.get('said')}.", "See its log.")


def _ask(machine: Machine, question: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Ask in a process; raises OSError, SubprocessError, ValueError."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
    command = [settings.python_of(machine, sys.executable), "-I", speaking.__file__]
    done = subprocess.run(
        command,
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=seconds,
        env=env,
        check=False,
        cwd="/",
    )
    lines = done.stdout.strip().splitlines()
    if not lines:
        return {"cause": "other", "said": (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]}
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def used(folder: Path) -> Usage | None:
    """Return what an attempt uses here now."""
    return local_machine.usage(folder)


def detach(_: str) -> None:
    """Do nothing: no connection is kept."""


def silent(_: str) -> str | None:
    """Say nothing: each job finds out itself, and waits as long as it is told to."""
    return None


def why(_: Path) -> str | None:
    """Say nothing: what is sent there starts at once."""
    return None


def nodes(_: Machine) -> list[Mapping[str, Any]]:
    """Return nothing: a Spark does not tell by Spark Connect."""
    return []
