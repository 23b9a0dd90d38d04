"""Secrets in Python: `studio.workspace.secrets`."""

import builtins  # `list` is a verb here
from datetime import datetime
from typing import Any
from urllib.parse import quote

from studiolo.kernel.http import Transport
from studiolo.studio.workspace.vault.schemas import MasterKeyState, Secret, SecretUse, SecretVersion


class Secrets:
    """Named secrets, which jobs use by name and nobody reads."""

    def __init__(self, transport: Transport) -> None:
        self._http = transport

    def list(self, *, deleted: bool = False) -> builtins.list[Secret]:
        """Return the secrets by name, or those in the bin."""
        found = self._http.get("workspace/secrets", deleted="true" if deleted else None)
        return [Secret.model_validate(item) for item in found]

    def get(self, name: str) -> Secret:
        """Return a secret, without its value."""
        return Secret.model_validate(self._http.get(_path(name)))

    def set(
        self, name: str, value: str, *, description: str | None = None, expires_at: datetime | None = None
    ) -> Secret:
        """Write a new version; the first makes the secret. It is never returned."""
        spec: dict[str, Any] = {"value": value, "description": description}
        spec["expires_at"] = expires_at.isoformat() if expires_at else None
        return Secret.model_validate(self._http.put(_path(name), spec))

    def versions(self, name: str) -> builtins.list[SecretVersion]:
        """Return the versions, newest first."""
        return [SecretVersion.model_validate(item) for item in self._http.get(f"{_path(name)}/versions")]

    def set_state(self, name: str, version: int, state: str) -> SecretVersion:
        """Make a version `enabled` or `disabled`, or take its value away (`removed`)."""
        changed = self._http.patch(f"{_path(name)}/versions/{version}", {"state": state})
        return SecretVersion.model_validate(changed)

    def grant(self, name: str, *, account: str | None = None, role: str | None = None) -> Secret:
        """Let an account, or everybody of a role, use the secret in jobs."""
        return Secret.model_validate(self._http.post(f"{_path(name)}/grants", _who(account, role)))

    def revoke(self, name: str, *, account: str | None = None, role: str | None = None) -> Secret:
        """Take it back."""
        return Secret.model_validate(self._http.post(f"{_path(name)}/grants/revoke", _who(account, role)))

    def uses(self, name: str, limit: int = 50) -> builtins.list[SecretUse]:
        """Return which jobs got the value, newest first."""
        return [SecretUse.model_validate(item) for item in self._http.get(f"{_path(name)}/uses", limit=limit)["items"]]

    def delete(self, name: str, *, for_good: bool = False) -> None:
        """Put a secret into the bin, or remove it for good."""
        self._http.delete(_path(name) + ("?for_good=true" if for_good else ""))

    def restore(self, name: str) -> Secret:
        """Take a secret out of the bin."""
        return Secret.model_validate(self._http.post(f"{_path(name)}/restore", {}))

    def master_key(self) -> MasterKeyState:
        """Say which master key seals, without it."""
        return MasterKeyState.model_validate(self._http.get("workspace/master-key"))

    def rotate_key(self) -> MasterKeyState:
        """Make a new master key and seal all envelopes under it."""
        return MasterKeyState.model_validate(self._http.post("workspace/master-key/rotate", {}))


def _who(account: str | None, role: str | None) -> dict[str, str]:
    given = {"account": account, "role": role}
    return {key: value for key, value in given.items() if value is not None}


def _path(name: str) -> str:
    return f"workspace/secrets/{quote(name, safe='')}"
