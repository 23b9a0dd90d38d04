"""The conformance suite of this kind runs beside that of azure_blob, against the same server."""

import pytest

from studiolo.studio.datastores.kinds import azure_blob, azure_data_lake_gen2


def test_it_has_the_fields_of_azure_ml() -> None:
    names = {field.name for field in azure_data_lake_gen2.SPEC.fields}
    assert {"account_name", "filesystem", "endpoint", "protocol", "tenant_id", "client_id", "client_secret"} <= names
    assert "container_name" not in names


@pytest.mark.parametrize("kind", [azure_blob, azure_data_lake_gen2])
def test_it_can_do_without_a_credential(kind: object) -> None:
    assert {"identity", "none"} <= {auth.name for auth in kind.SPEC.auth}  # type: ignore[attr-defined]
