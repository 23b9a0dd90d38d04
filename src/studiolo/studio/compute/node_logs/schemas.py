"""The nouns of logs of nodes on the wire."""

from datetime import datetime

from pydantic import BaseModel


class NodeLog(BaseModel):
    """The log of a node. node: its number in the cluster, or the name of an attached machine; up: it is there now.

    size: bytes that were ever written, of which the last are kept; updated_at: of its last line, null while there is none.
    """

    node: str
    up: bool
    size: int
    updated_at: datetime | None
