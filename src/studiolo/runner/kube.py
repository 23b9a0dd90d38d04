"""The API of Kubernetes, as far as jobs need it. Nothing is believed to have been done that was not answered."""

import base64
import contextlib
import http.client
import json
import os
import ssl
import tempfile
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

_SECONDS = 20.0
_FRESH = 1.0  # seconds that a list is believed, at least
_CHEAP = 20.0  # times as long as a list took to be read, it is believed
MANAGED = "app.kubernetes.io/managed-by=studiolo"


class Away(Exception):
    """Kubernetes did not answer, or will not hear this account now; what it was asked for may or may not have been done."""


class Refused(Exception):
    """Kubernetes answered that it will not; its own words. status: of HTTP."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


class Api:
    """One cluster. place: server, namespace, and of token, token_file, cert, key, ca (PEM), insecure what it needs."""

    def __init__(self, place: Mapping[str, Any]) -> None:
        self._place = place
        self.namespace = str(place["namespace"])
        self.jobs = f"/apis/batch/v1/namespaces/{self.namespace}/jobs"
        self.pods = f"/api/v1/namespaces/{self.namespace}/pods"
        self.secrets = f"/api/v1/namespaces/{self.namespace}/secrets"
        self.events = f"/api/v1/namespaces/{self.namespace}/events"

    def get(self, path: str, **query: str) -> dict[str, Any] | None:
        """Return what is there, None when it is not."""
        try:
            return self.ask("GET", path, query=query)
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def list(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Return the items of a list, of all its pages."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.ask("GET", path, query={"limit": "500", **query})
            found += page.get("items") or []
            more = str((page.get("metadata") or {}).get("continue") or "")
            if not more:
                return found
            query["continue"] = more

    def delete(self, path: str, name: str, uid: str = "") -> None:
        """Delete what may be there, with all that it owns. uid: only that very one."""
        body: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if uid:
            body["preconditions"] = {"uid": uid}
        try:
            self.ask("DELETE", f"{path}/{quote(name)}", body)
        except Refused as error:
            if error.status not in (404, 409):  # gone, or another one of the name
                raise

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        query: Mapping[str, str] | None = None,
        kind: str = "application/json",
    ) -> dict[str, Any]:
        """Ask; returns the answer. Raises Refused and Away."""
        words = "&".join(f"{key}={quote(value, safe='')}" for key, value in (query or {}).items())
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Accept": "application/json", "User-Agent": "studiolo", **self._signed()}
        if data is not None:
            headers["Content-Type"] = kind
        try:
            connection = self._connection()
            with contextlib.closing(connection):
                connection.request(method, f"{self._base()}{path}{'?' if words else ''}{words}", data, headers)
                answer = connection.getresponse()
                status, text = answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Away(f"{self._place['server']}: {error}") from None
        try:
            found: dict[str, Any] = json.loads(text) if text else {}
        except ValueError:
            found = {"message": text[:300].decode(errors="replace")}
        if status < 300:
            return found
        said = str(found.get("message") or f"it answers {status}")
        if status in (401, 408, 429) or status >= 500:
            raise Away(f"{said} ({status})")
        raise Refused(status, said)

    def _base(self) -> str:
        return urlsplit(str(self._place["server"])).path.rstrip("/")

    def _signed(self) -> dict[str, str]:
        token = str(self._place.get("token") or "")
        if not token and (path := self._place.get("token_file")):
            try:
                with open(str(path), encoding="utf-8") as file:  # it is written anew now and then
                    token = file.read().strip()
            except OSError as error:
                raise Away(f"The token cannot be read: {error}") from None
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(str(self._place["server"]))
        host = parts.hostname or ""
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port or 80, timeout=_SECONDS)
        return http.client.HTTPSConnection(host, parts.port or 443, timeout=_SECONDS, context=self._tls())

    def _tls(self) -> ssl.SSLContext:
        place = self._place
        ca, path = str(place.get("ca") or "") or None, str(place.get("ca_file") or "") or None
        context = ssl.create_default_context(cadata=ca, cafile=path)
        if place.get("insecure"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if place.get("cert"):  # Python reads them from a file alone
            with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
                os.chmod(file.name, 0o600)
                file.write(f"{place['cert']}\n{place['key']}\n")
                file.flush()
                context.load_cert_chain(file.name)
        return context


class Seen:
    """The jobs of a studio and their pods, listed once for all that ask within a moment."""

    def __init__(self) -> None:
        self._until = float("-inf")
        self._jobs: dict[str, dict[str, Any]] = {}
        self._pods: dict[str, dict[str, Any]] = {}

    def job(self, api: Api, label: str, name: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """Return a job and the newest pod of it. label: of the studio."""
        if time.monotonic() > self._until:
            begun = time.monotonic()
            selector = f"{MANAGED},studiolo/home={label}"
            self._jobs = {str(one["metadata"]["name"]): one for one in api.list(api.jobs, labelSelector=selector)}
            pods = sorted(
                api.list(api.pods, labelSelector=selector),
                key=lambda one: str(one["metadata"].get("creationTimestamp")),
            )
            self._pods = {str((one["metadata"].get("labels") or {}).get("studiolo/job")): one for one in pods}
            now = time.monotonic()
            self._until = now + max(_FRESH, (now - begun) * _CHEAP)
        return self._jobs.get(name), self._pods.get(name)

    def forget(self) -> None:
        """List anew when next asked: something was changed."""
        self._until = float("-inf")


def encoded(text: str) -> str:
    """Return a text as a Secret holds it."""
    return base64.b64encode(text.encode()).decode()
