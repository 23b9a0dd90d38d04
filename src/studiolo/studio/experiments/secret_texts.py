"""What of a job's secrets must not be shown, by whoever writes its output down."""

import json
from collections.abc import Iterable, Iterator, Mapping

from studiolo.studio.datastores.opening import VARIABLE


def hidden(environ: Mapping[str, str], variables: Iterable[str]) -> list[str]:
    """Return the texts that secrets hold: their values, and of what opens a datastore its credentials too.

    >>> hidden({"PW": "abcd", "STUDIOLO_STORE_A": '{"credentials": {"key": "efgh"}}'}, ["PW", "STUDIOLO_STORE_A", "GONE"])
    ['abcd', '{"credentials": {"key": "efgh"}}', 'efgh']
    """
    found: list[str] = []
    for name in variables:
        value = environ.get(name, "")
        if value:
            found += [value, *(of_store(value) if name.startswith(VARIABLE) else ())]
    return found


def of_store(document: str) -> list[str]:
    """Return the credentials in the document that opens a datastore."""
    return list(_texts(json.loads(document).get("credentials")))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
