"""The SDK part of attached machines: `studio.compute.machines`."""

import builtins  # `list` is a verb here
from pathlib import Path
from typing import Any

from studiolo.kernel.http import Transport
from studiolo.studio.compute.machines.schemas import (
    Machine,
    MachineCheck,
    MachineCreate,
    MachineKind,
    MachineNode,
    MachinePatch,
    MachineTry,
)


class Machines:
    """Machines that are attached: jobs run on them in an account of theirs."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> builtins.list[Machine]:
        """Return all of them."""
        return [Machine.model_validate(item) for item in self._transport.get("compute/machines")]

    def get(self, name: str) -> Machine:
        """Return one of them, with what runs on it."""
        return Machine.model_validate(self._transport.get(f"compute/machines/{name}"))

    def kinds(self) -> builtins.list[MachineKind]:
        """Return the kinds of machines that can be attached, with the settings of each."""
        return [MachineKind.model_validate(item) for item in self._transport.get("compute/kinds")]

    def nodes(self, name: str) -> builtins.list[MachineNode]:
        """Return the nodes of a machine that has some, such as a Slurm or a Ray, as they are now."""
        return [MachineNode.model_validate(item) for item in self._transport.get(f"compute/machines/{name}/nodes")]

    def attach(self, name: str, **definition: Any) -> Machine:
        """Attach a machine: kind (`ssh`, `slurm`, `ray`, `kubernetes`, `spark`, `databricks`), host, port, user, host_key, folder, python,
        settings, cores, memory_bytes, credentials, description, tags. A Slurm or a Ray without a host is reached on the studio's own machine.
        """
        return self.attach_from(MachineCreate(name=name, **definition))

    def attach_from(self, spec: MachineCreate | str | Path) -> Machine:
        """Attach a machine as a noun or a YAML file says, also one of Azure ML (`type: virtualmachine`)."""
        if not isinstance(spec, MachineCreate):
            from studiolo.studio.compute.machines.definitions import load

            spec, _ = load(Path(spec))
        return Machine.model_validate(self._transport.post("compute/machines", spec.model_dump(mode="json")))

    def try_out(self, **definition: Any) -> MachineCheck:
        """Try a connection that is not saved: kind, host, port, user, host_key, folder, python, settings, credentials."""
        body = MachineTry(**definition).model_dump(mode="json")
        return MachineCheck.model_validate(self._transport.post("compute/machines/try", body))

    def update(self, name: str, **changes: Any) -> Machine:
        """Change a machine; what is not named stays. cores or memory_bytes None: all that there is."""
        body = MachinePatch(**changes).model_dump(mode="json", exclude_unset=True)
        return Machine.model_validate(self._transport.patch(f"compute/machines/{name}", body))

    def check(self, name: str) -> MachineCheck:
        """Try to reach a machine."""
        return MachineCheck.model_validate(self._transport.post(f"compute/machines/{name}/check", {}))

    def detach(self, name: str, *, force: bool = False) -> None:
        """Forget a machine; nothing on it is deleted. force: also while jobs run on it, which are recorded as lost."""
        self._transport.delete(f"compute/machines/{name}", **({"force": True} if force else {}))
