"""What can go wrong with attached machines."""

from studiolo.kernel.errors import Conflict, Invalid, StudioloError


class MachineInvalid(Invalid):
    """The definition cannot be met."""

    code, title = "compute.machine_invalid", "The machine cannot be attached like this"


class MachineBusy(Conflict):
    """Jobs run on it."""

    code, title = "compute.machine_busy", "Jobs run on the machine"


class MachineUntried(StudioloError):
    """Its cores and memory are not known yet."""

    code, status, title = "compute.machine_untried", 409, "The machine has not been reached yet"
