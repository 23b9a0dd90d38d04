"""A kubeconfig, as far as it says by itself where a cluster is and who asks; programs that it would run are not run."""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studiolo.kernel import yaml_text

_POD = Path("/var/run/secrets/kubernetes.io/serviceaccount")  # of a studio that is a pod itself
_INSIDE = "https://kubernetes.default.svc"


class BadKubeconfig(Exception):
    """It does not say what is needed; a sentence."""


def read(text: str, context: str = "") -> dict[str, Any]:
    """Return server, namespace, ca, and token or cert and key; raises BadKubeconfig. context: else the current one."""
    if not text.strip():
        return _of_pod()
    try:
        raw = yaml_text.read(text)
    except yaml_text.NotYaml as error:
        raise BadKubeconfig(f"The kubeconfig is no YAML that can be read: {error}.") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("clusters"), list):
        raise BadKubeconfig("This is no kubeconfig: it has no clusters.")
    name = context or str(raw.get("current-context") or "")
    chosen = _named(raw, "contexts", name, "context")
    cluster = _named(raw, "clusters", str(chosen.get("cluster") or ""), "cluster")
    user = _named(raw, "users", str(chosen.get("user") or ""), "user") if chosen.get("user") else {}
    server = str(cluster.get("server") or "")
    if not server.startswith(("https://", "http://")):
        raise BadKubeconfig(f"The cluster '{chosen.get('cluster')}' has no server.")
    if user.keys() & {"exec", "auth-provider"}:
        raise BadKubeconfig(
            "The user of the kubeconfig signs in by a program, which is not run here: give a token of a service account."
        )
    found = _signed(cluster, user)
    found |= {"server": server.rstrip("/"), "namespace": str(chosen.get("namespace") or "")}
    return found | {"insecure": bool(cluster.get("insecure-skip-tls-verify"))}


def _signed(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is needed to trust the cluster, and to be heard by it."""
    found: dict[str, Any] = {}
    for key, where, source in (
        ("ca", "certificate-authority", cluster),
        ("cert", "client-certificate", user),
        ("key", "client-key", user),
    ):
        if source.get(where):
            raise BadKubeconfig(f"'{where}' names a file: embed it (kubectl config view --raw --flatten).")
        if source.get(f"{where}-data"):
            found[key] = _decoded(str(source[f"{where}-data"]), where)
    if user.get("tokenFile"):
        raise BadKubeconfig("'tokenFile' names a file: write the token itself.")
    if user.get("token"):
        found["token"] = str(user["token"])
    if user.get("username"):
        raise BadKubeconfig("Name and password are not taken: give a token of a service account.")
    if ("cert" in found) != ("key" in found):
        raise BadKubeconfig("Of certificate and key of the user one is missing.")
    return found


def _named(raw: Mapping[str, Any], family: str, name: str, noun: str) -> dict[str, Any]:
    items = [one for one in raw.get(family) or [] if isinstance(one, dict)]
    for one in items:
        if str(one.get("name")) == name and isinstance(one.get(noun), dict):
            found: dict[str, Any] = one[noun]
            return found
    known = ", ".join(str(one.get("name")) for one in items) or "none"
    raise BadKubeconfig(f"The kubeconfig has no {noun} '{name[:80]}'; it has {known}.")


def _decoded(text: str, where: str) -> str:
    try:
        return base64.b64decode(text, validate=False).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        raise BadKubeconfig(f"'{where}-data' is no base64 of a PEM.") from None


def _of_pod() -> dict[str, Any]:
    if not (_POD / "token").exists():
        raise BadKubeconfig("There is no kubeconfig, and the studio is no pod with a service account.")
    namespace = (_POD / "namespace").read_text("utf-8").strip() if (_POD / "namespace").exists() else ""
    return {
        "server": _INSIDE,
        "namespace": namespace,
        "token_file": str(_POD / "token"),
        "ca_file": str(_POD / "ca.crt"),
    }
