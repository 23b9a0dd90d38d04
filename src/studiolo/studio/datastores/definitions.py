"""Datastores written as YAML: Azure ML's own files as they are, and ours for every kind."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from studiolo.studio.datastores.errors import DatastoreInvalid
from studiolo.studio.datastores.schemas import DatastoreCreate

# Azure ML's types, as its schema and its examples write them
_AZURE = {
    "azureblob": "azure_blob",
    "azurefile": "azure_file",
    "azuredatalakegen2": "azure_data_lake_gen2",
    "azuredatalakegen1": "azure_data_lake_gen1",
    "onelake": "one_lake",
}
_OURS = {"name", "kind", "type", "auth", "description", "tags", "read_only", "default", "credentials", "config"}
_IGNORED = {"$schema", "properties", "id"}
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def load(path: Path, environ: Mapping[str, str] | None = None) -> DatastoreCreate:
    """Read a datastore from a YAML file; raises DatastoreInvalid, which names the key.

    `${NAME}` in a credential is taken from the environment, so that the file can be kept with the code.
    """
    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise DatastoreInvalid(f"{path}: {error.strerror}.", "Name a YAML file.", field="file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DatastoreInvalid(f"{path} is no YAML: {str(error).splitlines()[0]}.", field="file") from None
    if not isinstance(found, dict):
        raise DatastoreInvalid(f"{path} describes no datastore.", "Write keys such as name and type.", field="file")
    return parse(found, environ)


def parse(found: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> DatastoreCreate:
    """Return what a document says.

    >>> parse({"name": "b", "type": "azure_blob", "account_name": "a", "container_name": "c"}).config
    {'account_name': 'a', 'container_name': 'c'}
    """
    kind = str(found.get("kind") or found.get("type") or "")
    kind = _AZURE.get(kind.replace("_", "").lower(), kind)
    if not kind and "$schema" in found:
        word = str(found["$schema"]).strip().rpartition("/")[2].split(".")[0]
        kind = _AZURE.get(word.replace("_", "").lower(), "")
    if kind in ("azure_data_lake_gen1", "one_lake"):
        instead = (
            "Azure retired it; copy the data to Gen2."
            if kind.endswith("gen1")
            else "Write it as azure_data_lake_gen2 with the endpoint of OneLake."
        )
        raise DatastoreInvalid(f"The type '{kind}' is not supported.", instead, field="type")
    if not kind or not found.get("name"):
        raise DatastoreInvalid(
            "The document has no name or no type.", "Write both.", field="type" if found.get("name") else "name"
        )
    config = {
        **(found.get("config") or {}),
        **{key: value for key, value in found.items() if key not in _OURS | _IGNORED},
    }
    given = {str(key): value for key, value in (found.get("credentials") or {}).items() if value is not None}
    auth = found.get("auth")
    if auth is None and kind.startswith("azure_"):
        auth = _azure_sign_in(given)
        for name in ("tenant_id", "client_id", "authority_url"):
            if name in given:
                config[name] = given.pop(name)
    env = os.environ if environ is None else environ
    credentials = {key: _filled(str(value), env, key) for key, value in given.items()}
    return DatastoreCreate.model_validate(
        {
            "name": str(found["name"]),
            "kind": kind,
            "auth": auth,
            "config": {key: value for key, value in config.items() if value is not None},
            "credentials": credentials,
            "description": found.get("description") or "",
            "tags": {str(key): str(value) for key, value in (found.get("tags") or {}).items()},
            "read_only": bool(found.get("read_only", False)),
            "default": bool(found.get("default", False)),
        }
    )


def _azure_sign_in(given: Mapping[str, Any]) -> str:
    """Return the way that Azure ML means: without credentials it signs in as who runs it."""
    if "account_key" in given:
        return "account_key"
    if "sas_token" in given:
        return "sas_token"
    if "certificate" in given:
        raise DatastoreInvalid(
            "A certificate is not supported.", "Use a client secret.", field="credentials.certificate"
        )
    return "service_principal" if "client_id" in given else "identity"


def _filled(text: str, environ: Mapping[str, str], key: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in environ:
            raise DatastoreInvalid(
                f"The variable {match[1]} is not set.", f"Export it: it is the {key}.", field=f"credentials.{key}"
            )
        return environ[match[1]]

    return _VARIABLE.sub(value, text)
