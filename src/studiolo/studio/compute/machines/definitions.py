"""Machines written as YAML: Azure ML's `virtualmachine` files, with keys of ours for where the machine is, and `type: slurm`, `ray`, `kubernetes`, `spark_connect` or `databricks`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from studiolo.studio.compute.machines import kinds
from studiolo.studio.compute.machines.errors import MachineInvalid
from studiolo.studio.compute.machines.schemas import MachineCreate

ALSO = {
    "virtualmachine": "ssh",
    "spark_connect": "spark",
}  # types of files, beside the names of kinds: `spark` alone is a job
_SETTINGS = {"admin_username": "user", "ssh_port": "port"}
_OURS = frozenset(MachineCreate.model_fields) - {"kind", "credentials"}
_QUIET = frozenset({"$schema", "type", "id"})
_IGNORED = frozenset({"resource_id", "location", "compute_location", "provisioning_state", "created_on"})


def load(path: Path) -> tuple[MachineCreate, list[str]]:
    """Read a machine from a YAML file, with what was left out of it; key files count from the file's folder.

    Raises MachineInvalid, which names the key.
    """
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise MachineInvalid(f"{path}: {error.strerror}.", "Name a YAML file.", field="file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MachineInvalid(f"{path} is no YAML: {str(error).splitlines()[0]}.", field="file") from None
    if not isinstance(found, dict):
        raise MachineInvalid(f"{path} describes no machine.", "Write keys such as name and host.", field="file")
    return parse(found, path.parent)


def parse(found: Mapping[str, Any], folder: Path) -> tuple[MachineCreate, list[str]]:
    """Return what a document says, and notes on keys that mean nothing here."""
    kind = str(found.get("type") or "ssh").lower()
    kind = ALSO.get(kind, kind)
    if kind not in kinds.all_():
        known = ", ".join(sorted(kinds.all_()))
        raise MachineInvalid(
            f"A compute of type '{kind}' is no machine to attach.", f"There are {known}.", field="type"
        )
    own = {field.name for field in kinds.kind(kind).SPEC.fields}
    settings = found.get("ssh_settings") or {}
    if not isinstance(settings, Mapping):
        raise MachineInvalid("ssh_settings must be a mapping.", field="ssh_settings")
    values = {str(key): value for key, value in found.items() if key != "ssh_settings" and value is not None}
    values |= {_SETTINGS[key]: value for key, value in settings.items() if key in _SETTINGS}
    credentials: dict[str, Any] = {}
    if file := settings.get("ssh_private_key_file") or values.pop("private_key_file", None):
        credentials["private_key"] = read_key(folder / Path(str(file)).expanduser(), "private_key_file")
    if file := values.pop("kubeconfig_file", None):
        credentials["kubeconfig"] = read_key(folder / Path(str(file)).expanduser(), "kubeconfig_file")
    if settings.get("admin_password"):
        credentials["password"] = str(settings["admin_password"])
    if token := values.pop("token", None):
        credentials["token"] = str(token)
    notes = [f"'{key}' is left out: it means nothing here" for key in values if key in _IGNORED]
    notes += [f"'{key}' is not known, and is left out" for key in values if key not in _OURS | _IGNORED | _QUIET | own]
    given = values.pop("settings", None) or {}
    if not isinstance(given, Mapping):
        raise MachineInvalid("settings must be a mapping.", field="settings")
    more = {**given, **{key: values[key] for key in own if key in values}}
    values = {key: value for key, value in values.items() if key in _OURS}
    values["tags"] = {str(key): str(value) for key, value in (values.get("tags") or {}).items()}
    return made({**values, "kind": kind, "settings": more, "credentials": credentials}), notes


def made(values: Mapping[str, Any]) -> MachineCreate:
    """Return a definition; raises MachineInvalid, which names the field."""
    try:
        found = MachineCreate.model_validate(values)
        kinds.complete(found.kind, found.model_dump(include={"host", "user", "settings"}))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise MachineInvalid(f"{field}: {first['msg']}.", "See the docs of compute.", field=field) from None
    return found


def read_key(path: Path, field: str) -> str:
    """Return the text of a key file."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is no text"
        raise MachineInvalid(
            f"{path}: {said}.", "Name the file of a private key, or a kubeconfig.", field=field
        ) from None
