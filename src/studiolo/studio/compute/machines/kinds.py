"""The kinds of machines that can be attached, and what a definition must say for its kind."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, cast

from studiolo.kernel import plugins, ssh
from studiolo.studio.compute.backends.base import BACKENDS, Attachable, BackendSpec
from studiolo.studio.compute.machines.errors import MachineInvalid
from studiolo.studio.compute.machines.schemas import MachineField, MachineKind


def all_() -> dict[str, Attachable]:
    """Return the modules of the kinds by name."""
    found = cast("dict[str, Attachable]", plugins.find(BACKENDS, BackendSpec))
    return {name: module for name, module in found.items() if module.SPEC.attached}


def kind(name: str) -> Attachable:
    """Return the module of a kind; raises MachineInvalid."""
    found = all_()
    if name not in found:
        raise MachineInvalid(
            f"There is no kind of machine '{name}'.", f"Use one of: {', '.join(sorted(found))}.", field="kind"
        )
    return found[name]


def shown() -> list[MachineKind]:
    """Return what the forms of the kinds are drawn from."""
    return [
        MachineKind(
            name=spec.name,
            title=spec.title,
            description=spec.description,
            fields=[MachineField(**dataclasses.asdict(field)) for field in spec.fields],
            queues=spec.queues,
            here=spec.here,
            place=list(spec.place),
            port=spec.port,
            signs_in=list(spec.signs_in),
            may_be_open=spec.may_be_open,
        )
        for spec in (module.SPEC for module in all_().values())
    ]


_SCHEME, _USER, _PORT = (
    re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE),
    re.compile(r"^[^@/]+@"),
    re.compile(r":\d+$"),
)


def _check_host(host: str) -> None:
    """Refuse what is more than a host: an address of a browser, `user@host`, `host:port`. Raises MachineInvalid."""
    bare = _USER.sub("", _SCHEME.sub("", host)).split("/")[0]
    if bare.count(":") == 1:  # more of them are IPv6
        bare = _PORT.sub("", bare)
    if bare != host:
        raise MachineInvalid(
            f"'{host}' is more than a host: write its name or address alone, '{bare}'.",
            "User and port have fields of their own.",
            field="host",
        )


def complete(name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return where a machine is with all settings of its kind; raises MachineInvalid, which names the field."""
    module = kind(name)
    found = dict(config)
    found["port"] = found.get("port") or module.SPEC.port
    for field in ("host", "user"):
        if field not in module.SPEC.place:
            continue
        if not found.get(field) and (found.get("host") or not module.SPEC.here):
            raise MachineInvalid(f"The {field} is missing.", f"Write the {field}.", field=field)
    if found.get("host") and not module.SPEC.addresses:
        _check_host(str(found["host"]))
    pin = str(found.get("host_key") or "")
    if pin and "host_key" in module.SPEC.place and not ssh.is_pin(pin):
        raise MachineInvalid(
            "That is no host key: write SHA256:… as ssh-keygen -l shows it, or a line of known_hosts.",
            "Leave it out and try the connection: it shows the key.",
            field="host_key",
        )
    try:
        found["settings"] = module.checked(found.get("settings") or {})
    except ValueError as error:
        field, said = error.args if len(error.args) == 2 else ("", str(error))
        raise MachineInvalid(said, "See the docs of compute.", field=f"settings.{field}") from None
    return found
