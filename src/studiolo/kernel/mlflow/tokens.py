"""Page tokens that belong to one search: a token of another search would page through something else, silently."""

import hashlib
from typing import Any

import orjson

from studiolo.kernel.mlflow.errors import MlflowError
from studiolo.kernel.mlflow.fields import Fields


class Pages:
    """The token of a request, and how the token of its next page is written.

    asked: the fields that make the search what it is; the size of a page is none of them.
    """

    def __init__(self, fields: Fields, *asked: str) -> None:
        said = orjson.dumps([fields.raw(name) or None for name in asked], default=str)
        self._seal = hashlib.blake2b(said, digest_size=6).hexdigest()
        given = fields.text("page_token")
        self.place, _, seal = given.rpartition(".")
        if given and seal != self._seal:
            raise MlflowError("Invalid page token: it belongs to another search. Start again without it.")

    def sealed(self, place: str) -> str:
        """Return the token of a place in this search."""
        return f"{place}.{self._seal}"

    def next(self, place: str | None) -> dict[str, Any]:
        """Return the part of an answer that leads to the next page; nothing at the end."""
        return {"next_page_token": self.sealed(place)} if place else {}
