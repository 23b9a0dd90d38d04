"""Sends a Spark job's script to a Databricks and follows its run to the end, in the job's process: `… sent PLAN`, a file of the attempt.

What it does is written down before it is done (`settings.RUN`), so that the backend ends a run whose follower is gone, and so that
a submission that was cut off is asked for again under the same token. See "Create and trigger a one-time run", "Get a single job
run", "Get the output for a single run" and "Import a workspace object" in the reference of Databricks' REST API.
"""

import base64
import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from studiolo.kernel.outbound import AddressRefused
from studiolo.runner import attempt
from studiolo.studio.compute.databricks import settings, states
from studiolo.studio.compute.databricks.rest import Away, Refused, Workspace

WORK = "work"
_MOST = 10_000_000  # bytes of a file that can be imported
_OF_CLUSTERS = ("spark.driver.", "spark.executor.", "spark.dynamicAllocation.")
_NOTEBOOK = b"# Databricks notebook source"
_LONGEST = 10.0  # seconds between two questions
_BEGIN = "in_databricks.py"


class Failed(Exception):
    """The job cannot be sent; the message is for the user."""


class Sent:
    """The run of an attempt in a Databricks."""

    def __init__(self, place: Path, plan: dict[str, Any]) -> None:
        where = json.loads(os.environ[settings.WHERE])
        self.place, self.plan, self.given = place, plan, where["settings"]
        scheme, host, port = where["address"]
        self.workspace = Workspace((scheme, host, port), os.environ[settings.TOKEN], private=where["private"])
        self.record: dict[str, Any] = attempt.read_json(str(place), settings.RUN) or {}
        self.patience = float(self.given["patience"])

    def note(self, **values: Any) -> None:
        """Write down where this is."""
        self.record.update(values)
        attempt.write_json(str(self.place), settings.RUN, self.record)

    def send(self) -> None:
        """Bring the code there, and submit the run; raises Refused, Away, Failed."""
        words = shlex.split(self.plan["command"])
        if not self.plan["spark"]["class_name"]:
            base = self.given["workspace_folder"]
            if not base:
                base = f"/Workspace/Users/{self.workspace.get('/api/2.0/preview/scim/v2/Me', self.patience)['userName']}/.studiolo"
            self.note(folder=f"{base}/{self.record['token']}")
            self._bring(words)
        else:
            self.note(folder="")
        self.note(body=self._body(words))
        found = self.workspace.post("/api/2.2/jobs/runs/submit", self.record["body"], self.patience)
        self.note(run=found["run_id"])

    def _bring(self, words: list[str]) -> None:
        spark = self.plan["spark"]
        own = {
            "words": words,
            "env": self.plan["env"],
            "py_files": [name for name in spark["py_files"] if not _remote(name)],
            "conf": self._conf(),
        }
        texts = {"studiolo.json": json.dumps(own).encode(), _BEGIN: Path(__file__).with_name(_BEGIN).read_bytes()}
        names = [*self.plan["code"], *texts]
        for folder in sorted({str(Path(name).parent) for name in names}):
            path = f"{self.record['folder']}/{folder}".removesuffix("/.")
            self.workspace.post("/api/2.0/workspace/mkdirs", {"path": path}, self.patience)
        for name in names:
            content = texts[name] if name in texts else (self.place / WORK / name).read_bytes()
            if len(content) > _MOST:
                raise Failed(f"'{name}' has {len(content) / 1e6:.1f} MB, and Databricks imports files up to 10 MB: put it where its clusters read it.")  # fmt: skip
            if content.startswith(_NOTEBOOK):
                content = b"\n" + content  # else it would become a notebook, which no script is
            body = {"path": f"{self.record['folder']}/{name}", "format": "AUTO", "overwrite": True}
            body["content"] = base64.b64encode(content).decode()
            self.workspace.post("/api/2.0/workspace/import", body, self.patience)
        say(f"{len(names)} files are in {self.record['folder']}")

    def _conf(self) -> dict[str, str]:
        """Return the settings of a session; those of clusters mean nothing where the cluster is there already."""
        if not self.given["cluster_id"]:
            return {}  # its new cluster has them
        conf: dict[str, str] = self.plan["spark"]["conf"]
        if left := sorted(name for name in conf if name.startswith(_OF_CLUSTERS)):
            say(f"Without effect here, where the cluster runs already: {', '.join(left)}")
        return {name: value for name, value in conf.items() if not name.startswith(_OF_CLUSTERS)}

    def _body(self, words: list[str]) -> dict[str, Any]:
        spark, folder = self.plan["spark"], self.record["folder"]
        if left := [name for name in spark["files"] if _remote(name)]:
            say(f"Without effect here: files {', '.join(left)}; the script reads such addresses itself")
        task: dict[str, Any] = {"task_key": "main", **settings.cluster(self.given, spark["conf"])}
        if spark["class_name"]:
            task["spark_jar_task"] = {"main_class_name": words[0], "parameters": words[1:]}
        else:
            begin = {"python_file": f"{folder}/{_BEGIN}", "parameters": [folder], "source": "WORKSPACE"}
            task["spark_python_task"] = begin
        libraries: list[dict[str, Any]] = [{"pypi": {"package": name}} for name in self.given["libraries"]]
        libraries += [{"jar": name} for name in spark["jars"]]
        libraries += [{"whl": name} for name in spark["py_files"] if _remote(name)]
        if libraries:
            task["libraries"] = libraries
        body: dict[str, Any] = {"run_name": f"studiolo {self.plan['name']}", "tasks": [task]}
        if self.plan["timeout_s"]:
            body["timeout_seconds"] = max(1, round(self.plan["timeout_s"]))
        return {**body, "idempotency_token": self.record["token"]}

    def follow(self) -> dict[str, Any]:
        """Follow the run to its end; raises Refused, Away."""
        begun, before = time.monotonic(), ""
        while True:
            run = self.workspace.get("/api/2.2/jobs/runs/get", self.patience, run_id=self.record["run"])
            if not before and run.get("run_page_url"):
                say(f"run {self.record['run']}: {run['run_page_url']}")
            if (now := states.said(run)) != before:
                say(f"run {self.record['run']} {now}")
                self.note(waits=states.waits(run))
                before = now
            if states.over(run):
                self.note(over=True, waits="")
                return run
            time.sleep(min(_LONGEST, max(0.2, (time.monotonic() - begun) / 10)))

    def fetch(self, run: dict[str, Any]) -> str:
        """Write what the run has said into the log; returns its error."""
        task = (run.get("tasks") or [run])[0]
        attempt.write_json(str(self.place / "outputs"), "databricks.json", _facts(run))
        try:
            found = self.workspace.get("/api/2.2/jobs/runs/get-output", 60, run_id=task["run_id"])
        except (Refused, Away) as error:
            say(f"What it wrote cannot be fetched: {error}")
            return ""
        if found.get("logs_truncated"):
            say("Databricks kept only a part of what it wrote:")
        for text in (found.get("logs"), found.get("error_trace")):
            if text:
                sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        sys.stdout.flush()
        return str(found.get("error") or "")


def _facts(run: dict[str, Any]) -> dict[str, Any]:
    names = ("run_id", "job_id", "run_page_url", "creator_user_name", "start_time", "end_time", "setup_duration", "execution_duration", "cleanup_duration", "cluster_instance")  # fmt: skip
    first = (run.get("tasks") or [{}])[0]  # which has the cluster and its times, where the run has several tasks
    return {name: run.get(name) or first.get(name) for name in names} | {"result": states.result(run)}


def _remote(name: str) -> bool:
    return "://" in name or name.startswith(("dbfs:", "/Volumes/"))


def say(line: str) -> None:
    """Write a line of ours into the job's log."""
    sys.stdout.write(f"[studio] {line}\n")
    sys.stdout.flush()


def main(path: Path) -> int:
    """Run the job of a plan in the Databricks of its compute; returns the exit code."""
    kind = said = ""
    place = path.parent
    sent = Sent(place, json.loads(path.read_text("utf-8")))
    try:
        sent.send()
        found = sent.follow()
        kind, said = states.verdict(found, sent.fetch(found))
    except Refused as error:
        kind, said = "environment", error.sentence
    except Away as error:
        kind, said = "lost", f"Databricks did not answer for {sent.patience:g} s: {error}."
    except AddressRefused as error:
        kind, said = "environment", str(error)
    except (Failed, OSError) as error:
        kind, said = "environment", str(error)
    finally:
        sent.workspace.close()
    if not kind:
        return 0
    say(said)
    attempt.write_json(str(place), attempt.FAILURE, {"class": kind, "error": said})
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
