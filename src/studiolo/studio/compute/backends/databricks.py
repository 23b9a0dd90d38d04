"""Databricks by its REST API: a Spark job's script runs there, and a program here submits it, follows it and fetches what it said.

A run is submitted under an idempotency token that follows from the attempt, so asking twice makes no second one. What is to be
asked stands in a file of the attempt before it is asked, so whoever comes later ends the run of an attempt that is over.
"""

import dataclasses
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.kernel import outbound
from studiolo.runner import attempt
from studiolo.studio.compute.backends import local_machine
from studiolo.studio.compute.backends.base import NOTHING, BackendSpec, Handed, Kept, Machine, Order, Swept, Usage
from studiolo.studio.compute.databricks import settings
from studiolo.studio.compute.databricks.rest import Away, Refused, Workspace, gone
from studiolo.studio.compute.databricks.settings import RUN, TOKEN, WHERE
from studiolo.studio.compute.errors import DatabricksAway
from studiolo.studio.compute.programs import NOBODY_KNOWS, Programs, tell

SPEC = BackendSpec(
    name="databricks",
    title="Databricks",
    description=(
        "Spark jobs run there, on a cluster that is there or on new ones: they are sent by the Jobs API, with a token of a person or "
        "of a service principal. The host is that of the workspace's address."
    ),
    attached=True,
    fields=settings.FIELDS,
    queues=True,
    programs_here=True,
    takes=("spark",),
    port=443,
    place=("host", "port"),
    signs_in=("token",),
    addresses=True,
)
LIMITS = (
    Kept("cores", False, "Its cluster has what it has; the program here only follows."),
    Kept("memory", False, "Its cluster has what it has; the program here only follows."),
    Kept("time", True, "The run is canceled at the time limit of the job; Databricks is told of it too."),
    Kept("processes", True, "The run is canceled in Databricks when the attempt is over."),
)
_CLOSE_SECONDS, _PROBE_PATIENCE = 60.0, 2.0
log = logging.getLogger(__name__)
checked = settings.checked


class AttachedDatabricks(Programs):
    """A Databricks as a backend: what follows a run is a process of this machine, and the run is Databricks'."""

    SPEC, RECORD, LIMITS = SPEC, RUN, LIMITS

    def start(self, folder: Path, order: Order, handed: Handed = NOTHING) -> bool:
        """Start a runner on an attempt, whose program finds the workspace in its variables."""
        if attempt.read_json(str(folder), RUN) is None:  # first: else nobody would end the run
            record = {"token": settings.token_of(order["mark"]), "mark": order["mark"]}
            attempt.write_json(str(folder), RUN, record)
        token = self._machine.credentials["token"]
        where = {"address": settings.address(self._machine.config), "private": self._machine.private}
        where["settings"] = self._machine.config["settings"]
        given = Handed(env={**handed["env"], WHERE: json.dumps(where), TOKEN: token}, hidden=[*handed["hidden"], token])
        return local_machine.start(folder, order, given)

    def close(self, folder: Path, record: dict[str, Any]) -> str:
        """End the run of an attempt that is over, and take away its files."""
        left = local_machine.sweep(folder, record["mark"])  # a program whose runner was killed would submit after this
        record.update(attempt.read_json(str(folder), RUN) or {})
        record["swept"] = [*record.get("swept", []), *(dataclasses.asdict(one) for one in left)]
        attempt.write_json(str(folder), RUN, record)
        if "folder" not in record:
            return "yes"  # nothing was sent
        workspace = _opened(self._machine)
        try:
            if "body" in record and not record.get("over"):
                if "run" not in record:
                    # it was being asked for: this asks for the same one, and makes sure that there is no other
                    submitted = workspace.post("/api/2.2/jobs/runs/submit", record["body"], _CLOSE_SECONDS)
                    record["run"] = submitted["run_id"]
                asked = {"run_id": record["run"]}
                if gone(lambda: workspace.post("/api/2.2/jobs/runs/cancel", asked, _CLOSE_SECONDS)):
                    tell(folder, f"run {record['run']} canceled in Databricks")
            if record["folder"]:  # a class of a jar has no files there
                there = {"path": record["folder"], "recursive": True}
                gone(lambda: workspace.post("/api/2.0/workspace/delete", there, _CLOSE_SECONDS))
        except (Away, Refused, outbound.AddressRefused) as error:
            log.warning("the run of the attempt %s could not be closed: %s", folder, error)
            if not record.get("over"):
                tell(
                    folder,
                    f"run {record.get('run', '')} may go on in Databricks, where it could not be canceled: {error}",
                )
            return NOBODY_KNOWS
        finally:
            workspace.close()
        return "yes"

    def sweep(self, folder: Path, mark: str) -> list[Swept]:
        """Kill what is left of an attempt whose runner is gone; returns also what was killed before its run was ended."""
        found = local_machine.sweep(folder, mark)
        record = attempt.read_json(str(folder), RUN) or {}
        if before := record.pop("swept", []):
            attempt.write_json(str(folder), RUN, record)
        return [*(Swept(**one) for one in before), *found]


def attach(machine: Machine) -> AttachedDatabricks:
    """Return what runs attempts in a Databricks; nothing is connected before a job is."""
    return AttachedDatabricks(machine)


def _opened(machine: Machine) -> Workspace:
    return Workspace(settings.address(machine.config), machine.credentials["token"], private=machine.private)


def probe(machine: Machine) -> Mapping[str, Any]:
    """Ask whose token it is, and for the cluster or for what new ones are made of; raises StudioloError with the cause."""
    scheme, host, port = settings.address(machine.config)
    given = machine.config["settings"]
    try:
        outbound.judge_host(host, port, private=machine.private, setting="STUDIOLO_COMPUTE_PRIVATE")
    except OSError:
        raise DatabricksAway(f"Nobody knows the name '{host}'.", "Look for a slip in it.", field="host") from None
    workspace = _opened(machine)
    try:
        who = workspace.get("/api/2.0/preview/scim/v2/Me", _PROBE_PATIENCE)
        if "userName" not in who:
            raise DatabricksAway(f"{host}:{port} answers, but is no Databricks.", "Write the host of the workspace's address.", field="host")  # fmt: skip
        cores, memory, version = _cluster(workspace, given) if given["cluster_id"] else _node(workspace, given)
    except Refused as error:
        field = "credentials.token" if error.status in (401, 403) else "host"
        raise DatabricksAway(error.sentence, "" if field != "host" else "Is that the host of the workspace's address?", field=field) from None  # fmt: skip
    except Away as error:
        hint = "Is the host right, and may this machine reach it?"
        if "WRONG_VERSION_NUMBER" in str(error):
            hint = "What listens there speaks no TLS. A proxy on the studio's own machine may do without: --set tls=no."
        raise DatabricksAway(f"No Databricks answers at {scheme}://{host}:{port}: {error}.", hint, field="host") from None  # fmt: skip
    finally:
        workspace.close()
    return {
        "host": host,
        "system": f"Databricks, runtime {version}, as {who['userName']}",
        "version": "",
        "cores": max(1, cores),
        "memory_bytes": max(1, memory),
        "disk_free_bytes": 0,
    }


def _cluster(workspace: Workspace, given: Mapping[str, Any]) -> tuple[int, int, str]:
    """Return cores, memory and runtime of a cluster that is there."""
    try:
        found = workspace.get("/api/2.1/clusters/get", _PROBE_PATIENCE, cluster_id=given["cluster_id"])
    except Refused as error:
        if error.status in (401, 403):
            raise
        raise DatabricksAway(f"There is no cluster '{given['cluster_id']}': {error}.", "Take the id from its page in Databricks.", field="settings.cluster_id") from None  # fmt: skip
    cores, memory = int(found.get("cluster_cores") or 0), int(found.get("cluster_memory_mb") or 0)
    if not cores:  # it is not running, and says so by leaving them out
        node_cores, node_memory = _type(workspace, str(found.get("node_type_id")))
        count = 1 + int(found.get("num_workers") or (found.get("autoscale") or {}).get("max_workers") or 0)
        cores, memory = node_cores * count, node_memory * count
    return cores, memory << 20, str(found.get("spark_version", ""))


def _node(workspace: Workspace, given: Mapping[str, Any]) -> tuple[int, int, str]:
    """Return cores, memory and runtime of the clusters that jobs will get."""
    known = [str(one.get("key")) for one in workspace.get("/api/2.1/clusters/spark-versions").get("versions", [])]
    if given["spark_version"] not in known:
        raise DatabricksAway(f"There is no runtime '{given['spark_version']}'.", f"There are {', '.join(known[:5])}.", field="settings.spark_version")  # fmt: skip
    cores, memory = _type(workspace, given["node_type_id"])
    if not cores:
        raise DatabricksAway(f"There is no node type '{given['node_type_id']}'.", "Take one that Databricks offers where clusters are made.", field="settings.node_type_id")  # fmt: skip
    count = 1 + given["num_workers"]
    return cores * count, (memory << 20) * count, given["spark_version"]


def _type(workspace: Workspace, name: str) -> tuple[int, int]:
    """Return cores and MiB of a node type, 0 when there is none."""
    for one in workspace.get("/api/2.1/clusters/list-node-types", _PROBE_PATIENCE).get("node_types", []):
        if one.get("node_type_id") == name:
            return int(one["num_cores"]), int(one["memory_mb"])
    return 0, 0


def used(folder: Path) -> Usage | None:
    """Return what the program of an attempt uses here now."""
    return local_machine.usage(folder)


def detach(_: str) -> None:
    """Do nothing: no connection is kept."""


def silent(_: str) -> str | None:
    """Say nothing: each job finds out itself, and waits as long as it is told to."""
    return None


def why(folder: Path) -> str | None:
    """Say what the run of an attempt waits for in Databricks."""
    return (attempt.read_json(str(folder), RUN) or {}).get("waits") or None


def nodes(_: Machine) -> list[Mapping[str, Any]]:
    """Return nothing: its clusters come and go."""
    return []
