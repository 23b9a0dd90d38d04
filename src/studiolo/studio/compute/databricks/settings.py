"""What is to be known of a Databricks workspace, and what a run there is made of."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from studiolo.studio.compute.backends.base import Field
from studiolo.studio.compute.given import complete, lines, number

RUN = "databricks-run.json"  # of an attempt: its token, the folder of its files, what was asked, the run, whether that is over
# variables of a program: where it is and how it is set; the token
WHERE, TOKEN = "STUDIOLO_DATABRICKS", "DATABRICKS_TOKEN"
FIELDS = (
    Field("cluster_id", "Cluster", "The id of a cluster that is there. Empty: each job gets a new one, as said below.", example="1129-120000-abcd123"),
    Field("spark_version", "Runtime of new clusters", "The key of a Databricks runtime.", example="16.4.x-scala2.12"),
    Field("node_type_id", "Node type of new clusters", "As the cloud names it.", example="Standard_DS3_v2"),
    Field("num_workers", "Workers of new clusters", "0: the driver alone.", type="number", default=1),
    Field("libraries", "Libraries", "Packages of PyPI that jobs get there, one in each line.", type="lines", example="lightgbm==4.6.0"),
    Field("workspace_folder", "Folder in the workspace", "Where scripts are put while their job runs. Empty: below the home of whose token it is.", example="/Workspace/Shared/studiolo"),
    Field("tls", "TLS", "yes, or no for a proxy on the studio's own machine.", default="yes"),
    Field("patience", "Patience", "Seconds that a job waits for a Databricks that does not answer, or asks to wait.", type="number", default=600),
    Field("max_jobs", "Jobs at once", "More wait in the studio.", type="number", default=8),
)  # fmt: skip
_NUMBERS = {"num_workers": (0, 100_000), "patience": (1, 86_400), "max_jobs": (1, 1000)}
_WORD = re.compile(r"[\w.:/-]{1,255}")
_TOKEN = 40  # letters of an idempotency token, of which Databricks takes at most 64


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings, complete; raises ValueError with the field's name and a sentence."""
    found = complete("A Databricks", FIELDS, given)
    for name, (least, most) in _NUMBERS.items():
        found[name] = number(name, found[name], least, most)
    _check_cluster(found)
    found["tls"] = str(found["tls"]).strip().lower()
    if found["tls"] not in ("yes", "no"):
        raise ValueError("tls", "Write yes or no.")
    found["libraries"] = lines("libraries", found["libraries"])
    found["workspace_folder"] = str(found["workspace_folder"] or "").strip().rstrip("/")
    if found["workspace_folder"] and not found["workspace_folder"].startswith("/Workspace/"):
        raise ValueError("workspace_folder", "Write a path that begins with /Workspace/.")
    return found


def _check_cluster(found: dict[str, Any]) -> None:
    for name in ("cluster_id", "spark_version", "node_type_id"):
        found[name] = str(found[name] or "").strip()
        if found[name] and not _WORD.fullmatch(found[name]):
            raise ValueError(name, "Write it as Databricks shows it, without blanks.")
    for name in () if found["cluster_id"] else ("spark_version", "node_type_id"):
        if not found[name]:
            raise ValueError(name, f"Write the {name} of new clusters, or the cluster_id of one that is there.")


def address(config: Mapping[str, Any]) -> tuple[str, str, int]:
    """Return scheme, host and port of a workspace, also where its whole address was written as the host.

    >>> address({"host": "https://adb-1.2.azuredatabricks.net/?o=1", "port": 443, "settings": {}})
    ('https', 'adb-1.2.azuredatabricks.net', 443)
    """
    host = str(config["host"])
    scheme = "http" if (config.get("settings") or {}).get("tls") == "no" else "https"
    if "//" in host:
        host = urlsplit(host).hostname or host
    return scheme, host.strip("/"), int(config["port"])


def token_of(mark: str) -> str:
    """Return what makes the run of an attempt one, however often it is submitted.

    >>> token_of("run/1") == token_of("run/1"), token_of("run/1") == token_of("run/2"), len(token_of("x"))
    (True, False, 40)
    """
    return hashlib.sha256(f"studiolo {mark}".encode()).hexdigest()[:_TOKEN]


def cluster(settings: Mapping[str, Any], conf: Mapping[str, str]) -> dict[str, Any]:
    """Return what a task says of its cluster, in the words of the API; a new one takes Spark's settings along."""
    if settings["cluster_id"]:
        return {"existing_cluster_id": settings["cluster_id"]}
    made: dict[str, Any] = {name: settings[name] for name in ("spark_version", "node_type_id", "num_workers")}
    given = dict(conf)
    if settings["num_workers"] == 0:  # what the API calls a single node
        given = {"spark.databricks.cluster.profile": "singleNode", "spark.master": "local[*]", **given}
        made["custom_tags"] = {"ResourceClass": "SingleNode"}
    if given:
        made["spark_conf"] = given
    return {"new_cluster": made}
