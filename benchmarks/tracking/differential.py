"""Asks a real `mlflow server` and the studio the same requests and shows where their answers differ.

    .venv/bin/python benchmarks/tracking/differential.py [--mlflow ENV/bin/python] [--texts] [--only WORD]

Without --mlflow, mlflow of the client's version is installed into the user's cache, once. Both start empty, with SQLite. Ids,
times and addresses are made the same before the answers are compared: status, error code, every value. Texts of errors are
compared with --texts, for reading. Ends with code 1 when an answer differs that `intended.py` does not explain, request by request.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import mlflow
from exchanges import Case, cases
from intended import INTENDED, explains

from studiolo.testing.client import owner_token
from studiolo.testing.context import make_services
from studiolo.testing.environments import environment
from studiolo.testing.server import serve

TIMES = re.compile(r"(creation|last_update|last_updated)_(time|timestamp)(_ms)?|end_time")
HIDDEN = {"artifact_uri", "artifact_location", "root_uri", "user_id", "next_page_token"}
ABSENT = {"workspace", "user_id"}  # MLflow's own workspaces; who it was, which MLflow does not know
SORTED = {"tags", "params", "metrics", "aliases", "latest_versions"}


class Side:
    """One of the servers, and the ids that it gave."""

    def __init__(self, name: str, url: str, token: str = "") -> None:
        self.name = name
        self.ids: dict[str, str] = {}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)

    def ask(self, case: Case) -> tuple[int, Any]:
        """Send a case and return status and JSON, keeping the ids it wants kept."""
        path = self._fill(case.path)
        options: dict[str, Any] = {}
        if case.query is not None:
            options["params"] = self._fill(case.query)
        if isinstance(case.body, bytes):
            options["content"] = case.body
            options["headers"] = {"Content-Type": "application/json"} if "mlflow/" in path else {}
        elif case.body is not None:
            options["json"] = self._fill(case.body)
        reply = self.http.request(case.method, path if path.startswith("/") else f"/api/2.0/{path}", **options)
        try:
            answer = reply.json()
        except ValueError:
            answer = reply.text if reply.status_code < 400 else "(no JSON)"
        for name, where in case.keep.items():
            found = answer
            for part in where.split("."):
                found = found.get(part) if isinstance(found, dict) else None
            if found is None:
                sys.exit(f"{self.name}: {case.label} gave no {where}: {reply.status_code} {reply.text[:300]}")
            self.ids[name] = str(found)
        return reply.status_code, answer

    def _fill(self, value: Any) -> Any:
        if isinstance(value, str):
            for name in sorted(self.ids, key=len, reverse=True):
                value = value.replace(f"${name}", self.ids[name])
            return value
        if isinstance(value, dict):
            return {key: self._fill(item) for key, item in value.items()}
        return [self._fill(item) for item in value] if isinstance(value, list) else value

    def plain(self, value: Any, key: str = "") -> Any:
        """Make an answer comparable: own ids become their names, times their kind, unordered lists sorted."""
        if key in HIDDEN or TIMES.fullmatch(key):
            return f"<{type(value).__name__}>"
        if isinstance(value, dict):
            if "version" in value:  # MLflow leaves the aliases of versions out of lists
                value = {**value, "aliases": None}
            kept = {name: item for name, item in sorted(value.items()) if name not in ABSENT}
            found = {name: self.plain(item, name) for name, item in kept.items()}
            return {name: item for name, item in found.items() if item not in ({}, "", [], None)}
        if isinstance(value, list):
            items = [self.plain(i) for i in value if not (isinstance(i, dict) and i.get("key") == "mlflow.user")]
            return sorted(items, key=json.dumps) if key in SORTED else items
        if isinstance(value, float) and abs(value) == sys.float_info.max:
            return "Infinity" if value > 0 else "-Infinity"  # MLflow stores the largest number instead
        if isinstance(value, str):
            for name, own in self.ids.items():
                if len(own) > 6:
                    value = value.replace(own, f"${name}")
                elif value == own and key.endswith("experiment_id"):
                    value = f"${name}"
        return value


class Difference(NamedTuple):
    """shown: what differs, to be read; why: the reason when it is meant."""

    shown: list[str]
    why: str = ""


def compare(case: Case, theirs: Side, ours: Side, *, texts: bool) -> Difference:
    """Return what differs."""
    (status, answer), (own_status, own) = theirs.ask(case), ours.ask(case)
    answer, own = theirs.plain(answer), ours.plain(own)
    if status < 400 and own_status < 400:
        found = list(_different(answer, own))
        shown = [f"{place}: {line}" for place, lines in found[:3] for line in lines]
        return Difference(shown, explains(case.label, "", [place for place, _ in found]) if found else "")
    said, own_said = (
        f"{s} {a.get('error_code') if isinstance(a, dict) else ''}" if s >= 400 else str(s)
        for s, a in ((status, answer), (own_status, own))
    )
    message, own_message = (str(a.get("message") if isinstance(a, dict) else a)[:400] for a in (answer, own))
    lines = [f"  MLflow:   {message}", f"  Studiolo: {own_message}"]
    if said != own_said:
        return Difference([f"MLflow {said}, Studiolo {own_said}", *lines], explains(case.label, own_said, []))
    return Difference(lines if texts and message != own_message else [], "the words are ours")


def _different(theirs: Any, ours: Any, where: str = "") -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield where two answers differ, with both."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted(theirs.keys() | ours.keys()):
            yield from _different(theirs.get(key), ours.get(key), f"{where}.{key}")
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for place, (item, own) in enumerate(zip(theirs, ours, strict=True)):
            yield from _different(item, own, f"{where}[{place}]")
    elif theirs != ours:
        yield where, (f"MLflow   {json.dumps(theirs)[:400]}", f"Studiolo {json.dumps(ours)[:400]}")


def start(python: Path, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a real server; returns it and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [python, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        f"{folder}/artifacts",
    ]
    environ = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", trust_env=False).status_code == 200:
                return process, url
        except httpx.HTTPError:
            time.sleep(0.3)
    process.kill()
    sys.exit("mlflow server did not start")


def main() -> None:
    """Run all cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mlflow", type=Path, help="a Python that has mlflow installed")
    parser.add_argument("--texts", action="store_true", help="compare the texts of errors too")
    parser.add_argument("--only", default="", help="only show cases whose label has this word")
    chosen = parser.parse_args()
    counts = {"same": 0, "intended": 0, "different": 0}
    unseen = set(INTENDED)
    with tempfile.TemporaryDirectory(prefix="differential-") as place:
        process, url = start(chosen.mlflow or environment("mlflow", f"mlflow=={mlflow.__version__}"), Path(place))
        services = make_services(Path(place) / "home")
        try:
            with serve(services) as own_url:
                theirs, ours = Side("MLflow", url), Side("Studiolo", own_url, owner_token(services))
                for case in cases():
                    unseen.discard(case.label)
                    shown, why = compare(case, theirs, ours, texts=chosen.texts)
                    kind = "same" if not shown else "intended" if why else "different"
                    counts[kind] += 1
                    if shown and chosen.only in case.label:
                        print(f"[{kind}] {case.label}{f' ({why})' if why else ''}", *shown, sep="\n    ", flush=True)
        finally:
            process.terminate()
            process.wait(30)
            services.db.close()
    print(", ".join(f"{count} {kind}" for kind, count in counts.items()))
    if unseen:
        print(f"intended.py explains requests that are not made: {sorted(unseen)}")
    sys.exit(1 if counts["different"] or unseen else 0)


if __name__ == "__main__":
    main()
