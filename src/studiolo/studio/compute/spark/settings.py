"""What is to be known of a Spark that listens for Spark Connect, and the address that a session of it has."""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from studiolo.studio.compute.backends.base import Field, Machine
from studiolo.studio.compute.given import complete, number

FIELDS = (
    Field("user", "User", "Whom Spark takes the sessions for.", default="studiolo", example="research"),
    Field("tls", "TLS", "yes or no; empty: with a token, which goes without only to localhost.", example="yes"),
    Field("patience", "Patience", "Seconds that a job waits for a Spark that does not answer.", type="number", default=60),
    Field("max_jobs", "Jobs at once", "Their programs run on the studio's machine; more wait.", type="number", default=8),
)  # fmt: skip
_MOST = {"patience": 3600, "max_jobs": 1000}
_DEFAULT_PYTHON = "python3"


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings, complete; raises ValueError with the field's name and a sentence."""
    found = complete("A Spark", FIELDS, given)
    found["user"] = str(found["user"]).strip()
    if not found["user"] or len(found["user"]) > 255:
        raise ValueError("user", "Write a name of at most 255 letters.")
    found["tls"] = str(found["tls"] or "").strip().lower()
    if found["tls"] not in ("", "yes", "no"):
        raise ValueError("tls", "Write yes or no, or nothing.")
    for name, most in _MOST.items():
        found[name] = number(name, found[name], 1, most)
    return found


def session_of(mark: str) -> str:
    """Return the id of the session of an attempt, which whoever comes later can find again.

    >>> session_of("run/1") == session_of("run/1"), session_of("run/1") == session_of("run/2"), session_of("x")[14]
    (True, False, '4')
    """
    return str(uuid.UUID(bytes=hashlib.sha256(mark.encode()).digest()[:16], version=4))


def remote(machine: Machine, session: str) -> str:
    """Return the connection string of a session, with its token: a secret."""
    config, settings = machine.config, machine.config.get("settings") or {}
    host = str(config["host"])
    token = machine.credentials.get("token", "")
    parts = {"user_id": settings.get("user") or "studiolo", "session_id": session}
    secure = settings.get("tls") == "yes" or (settings.get("tls") != "no" and token and host != "localhost")
    parts |= {"use_ssl": "true"} if secure else {}
    parts |= {"token": token} if token else {}
    shown = f"[{host}]" if ":" in host else host
    return f"sc://{shown}:{config['port']}/;" + ";".join(f"{name}={quote(str(text))}" for name, text in parts.items())


def python_of(machine: Machine, own: str) -> str:
    """Return the Python of this machine that speaks to the Spark. own: the studio's."""
    said = str(machine.config.get("python") or _DEFAULT_PYTHON)
    return own if said == _DEFAULT_PYTHON else said
