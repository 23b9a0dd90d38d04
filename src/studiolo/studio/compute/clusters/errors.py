"""What can go wrong with clusters."""

from studiolo.kernel.errors import Conflict, Invalid


class ClusterExists(Conflict):
    """The name is taken."""

    code, title = "compute.exists", "The name is taken"


class ClusterInvalid(Invalid):
    """The definition cannot be met."""

    code, title = "compute.invalid", "The definition of the compute cannot be met"


class ClusterBusy(Conflict):
    """Jobs run on it."""

    code, title = "compute.busy", "The compute is in use"
