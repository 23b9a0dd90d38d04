"""Azure Data Lake Storage Gen2: a file system of an account with a hierarchical namespace.

It is spoken to through the account's blob endpoint, which serves the same files; folders show there as objects of their own.
"""

from collections.abc import Mapping
from typing import Any

from studiolo.studio.datastores.kinds import _azure
from studiolo.studio.datastores.kinds.azure_blob import AzureBlobStore, blob_store
from studiolo.studio.datastores.kinds.base import FOLDER, Auth, Field, KindSpec, Surroundings

SPEC = KindSpec(
    name="azure_data_lake_gen2",
    title="Azure Data Lake Storage Gen2",
    description="A file system of a storage account with a hierarchical namespace.",
    fields=(
        _azure.ACCOUNT,
        Field("filesystem", "File system", required=True, example="lake", pattern=r"[$\w-]+"),
        FOLDER,
        _azure.PROTOCOL,
        _azure.ENDPOINT,
        _azure.KEY,
        _azure.SAS,
        *_azure.PRINCIPAL,
    ),
    auth=(
        _azure.BY_PRINCIPAL,
        _azure.BY_KEY,
        _azure.BY_SAS,
        _azure.BY_IDENTITY,
        Auth("none", "No sign-in", "For file systems that anybody may read."),
    ),
    extra="azure",
    modules=("azure.storage.blob",),
    place="{filesystem}/{folder} of {account_name}",
)


def open_store(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> AzureBlobStore:
    """Return the store of a file system."""
    return blob_store(config, credentials, about, SPEC.title, str(config["filesystem"]), markers=True)
