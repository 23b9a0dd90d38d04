"""The nouns of datastores."""

from typing import Literal

from pydantic import BaseModel


class Datastore(BaseModel):
    """A place for bytes. location: a folder; free_bytes, total_bytes: of its file system."""

    name: str
    title: str
    kind: Literal["local"]
    default: bool
    location: str
    free_bytes: int
    total_bytes: int
