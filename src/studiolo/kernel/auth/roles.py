"""Roles, and what each may do. A permission is `<noun>.<verb>`; `*` stands for any."""

from enum import StrEnum


class Role(StrEnum):
    """What a member of a workspace is."""

    owner = "Owner"
    contributor = "Contributor"
    data_scientist = "Data Scientist"
    compute_operator = "Compute Operator"
    reader = "Reader"
    labeling_lead = "Labeling lead"
    labeler = "Labeler"


_READ = frozenset({"*.read"})
_WORK = frozenset(
    {f"{noun}.write" for noun in ("datasets", "experiments", "models", "pipelines", "schedules", "automl", "endpoints")}
)

PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.owner: frozenset({"*.*"}),
    Role.contributor: _READ
    | _WORK
    | {"datastores.write", "compute.write", "secrets.use", "secrets.write", "tokens.write"},
    Role.data_scientist: _READ | _WORK | {"secrets.use", "tokens.write"},
    Role.compute_operator: _READ | {"compute.write", "tokens.write"},
    Role.reader: _READ | {"tokens.write"},
    Role.labeling_lead: frozenset({"labeling.read", "labeling.write", "datasets.read", "events.read"}),
    Role.labeler: frozenset({"labeling.label"}),
}

# what the token of a job may do, whatever its owner may
JOB = frozenset({"*.read", "experiments.write", "datasets.write", "models.write"})


def allows(granted: frozenset[str], permission: str) -> bool:
    """Say whether a set of grants covers a permission.

    >>> allows(frozenset({"*.read"}), "datasets.read"), allows(frozenset({"*.read"}), "datasets.write")
    (True, False)
    """
    noun, _, verb = permission.partition(".")
    return not granted.isdisjoint({permission, f"{noun}.*", f"*.{verb}", "*.*"})
