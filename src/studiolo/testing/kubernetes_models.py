"""Whether an object fits the published models of Kubernetes, as its API checks it strictly. Needs the package kubernetes."""

from collections.abc import Iterator
from typing import Any

_PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bytes": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (int, float),
}


def unfit(body: Any, kind: str) -> str:
    """Say what of a body the published model of a kind does not have, or has otherwise; empty when it fits. Needs the package kubernetes."""
    from kubernetes import client  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return next(_wrong(body, kind, kind, client), "")


def _wrong(value: Any, kind: str, where: str, client: Any) -> Iterator[str]:
    if kind.startswith("List["):
        if not isinstance(value, list):
            yield f"{where} must be a list"
            return
        for number, one in enumerate(value):
            yield from _wrong(one, kind[5:-1], f"{where}[{number}]", client)
    elif kind.startswith("Dict["):
        if not isinstance(value, dict):
            yield f"{where} must be a mapping"
            return
        for key, one in value.items():
            yield from _wrong(one, kind[5:-1].partition(",")[2].strip(), f"{where}.{key}", client)
    elif kind in _PLAIN:
        if not isinstance(value, _PLAIN[kind]) or (kind == "int" and isinstance(value, bool)):
            yield f"{where} must be {kind}"
    elif kind not in ("object", "datetime"):
        yield from _wrong_model(value, getattr(client, kind), where, client)


def _wrong_model(value: Any, model: Any, where: str, client: Any) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where} must be a mapping"
        return
    names = {there: own for own, there in model.attribute_map.items()}
    for key, one in value.items():
        if key not in names:
            yield f'unknown field "{where}.{key}"'
        elif one is not None:
            yield from _wrong(one, model.openapi_types[names[key]], f"{where}.{key}", client)
    try:
        model(**{names[key]: one for key, one in value.items() if key in names})  # knows what must be there
    except ValueError as error:
        yield f"{where}: {error}"
