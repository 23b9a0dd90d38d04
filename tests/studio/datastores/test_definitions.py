"""Datastores written as YAML, Azure ML's own files among them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from studiolo.sdk.studio import Studio
from studiolo.studio.datastores.definitions import load, parse
from studiolo.studio.datastores.errors import DatastoreInvalid

BLOB = """
$schema: https://azuremlschemas.azureedge.net/latest/azureBlob.schema.json
name: blob_example
type: azure_blob
description: Datastore pointing to a blob container.
account_name: mytestblobstore
container_name: data-container
"""


def said(text: str, environ: dict[str, str] | None = None) -> Any:
    return parse(yaml.safe_load(text), environ or {})


def test_a_file_of_azure_ml_without_credentials_signs_in_as_this_machine() -> None:
    found = said(BLOB)
    assert (found.name, found.kind, found.auth) == ("blob_example", "azure_blob", "identity")
    assert found.config == {"account_name": "mytestblobstore", "container_name": "data-container"}


@pytest.mark.parametrize(
    ("credentials", "auth", "secret", "config"),
    [
        ({"account_key": "k"}, "account_key", {"account_key": "k"}, {}),
        ({"sas_token": "?sv=1&sig=x"}, "sas_token", {"sas_token": "?sv=1&sig=x"}, {}),
        (
            {"tenant_id": "t", "client_id": "c", "client_secret": "s"},
            "service_principal",
            {"client_secret": "s"},
            {"tenant_id": "t", "client_id": "c"},
        ),
    ],
)
def test_credentials_of_azure_ml(
    credentials: dict[str, str], auth: str, secret: dict[str, str], config: dict[str, str]
) -> None:
    found = parse({**yaml.safe_load(BLOB), "credentials": credentials}, {})
    assert (found.auth, found.credentials) == (auth, secret)
    assert config.items() <= found.config.items()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("type: azure_file\nname: f\naccount_name: a\nfile_share_name: s", "azure_file"),
        ("type: azure_data_lake_gen2\nname: f\naccount_name: a\nfilesystem: s", "azure_data_lake_gen2"),
        ("type: AzureDataLakeGen2\nname: f\naccount_name: a\nfilesystem: s", "azure_data_lake_gen2"),
        (
            "$schema: https://x/latest/azureFile.schema.json \nname: f\naccount_name: a\nfile_share_name: s",
            "azure_file",
        ),
    ],
)
def test_types(text: str, kind: str) -> None:
    assert said(text).kind == kind


def test_our_own_kinds_and_secrets_from_the_environment() -> None:
    found = said(
        "name: s\ntype: s3\nbucket: b\naccess_key_id: k\ncredentials:\n  secret_access_key: ${KEY}", {"KEY": "v"}
    )
    assert (found.kind, found.config, found.credentials) == (
        "s3",
        {"bucket": "b", "access_key_id": "k"},
        {"secret_access_key": "v"},
    )
    with pytest.raises(DatastoreInvalid, match="KEY is not set"):
        said("name: s\ntype: s3\nbucket: b\ncredentials:\n  secret_access_key: ${KEY}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x\ntype: azure_data_lake_gen1\nstore_name: s", "not supported"),
        ("name: x\ntype: one_lake", "not supported"),
        ("name: x\ntype: azure_blob\ncredentials: {client_id: c, certificate: x}", "certificate"),
        ("name: x", "no name or no type"),
        ("type: s3", "no name or no type"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, message: str) -> None:
    with pytest.raises(DatastoreInvalid, match=message):
        said(text)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DatastoreInvalid, match="No such file"):
        load(tmp_path / "no.yml")
    (tmp_path / "bad.yml").write_text("a: [")
    with pytest.raises(DatastoreInvalid, match="no YAML"):
        load(tmp_path / "bad.yml")
    (tmp_path / "list.yml").write_text("- a")
    with pytest.raises(DatastoreInvalid, match="describes no datastore"):
        load(tmp_path / "list.yml")


def test_a_file_becomes_a_datastore(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "blob.yml").write_text(BLOB)
    made = studio.datastores.create_from(tmp_path / "blob.yml")
    assert (made.name, made.kind, made.auth, made.description) == (
        "blob_example",
        "azure_blob",
        "identity",
        "Datastore pointing to a blob container.",
    )
