"""What can go wrong with compute."""

from studiolo.kernel.errors import Invalid, NotFound, StudioloError


class ComputeNotFound(NotFound):
    """No compute has this name."""

    code, title = "compute.not_found", "Compute not found"

    def __init__(self, name: str, known: list[str], *, other: str = "") -> None:
        if other == "machine":
            said, hint = f"'{name}' is an attached machine, not this one.", f"See studiolo compute machine {name}."
        elif other:
            said, hint = f"'{name}' is a training cluster, not a machine.", f"See studiolo compute nodes {name}."
        else:
            said, hint = f"There is no compute '{name}'.", f"Use one of: {', '.join(known)} (studiolo compute list)."
        super().__init__(said, hint, field="compute")


class SparkAway(StudioloError):
    """A Spark that cannot be reached by Spark Connect, or lets nobody in."""

    code, status, title = "compute.spark_away", 502, "The Spark does not answer"


class DatabricksAway(StudioloError):
    """A Databricks that cannot be reached by its REST API, lets nobody in, or has not what was named."""

    code, status, title = "compute.databricks_away", 502, "The Databricks does not answer as it must"


class TooBig(Invalid):
    """More was asked for than the compute will ever have."""

    code, title = "compute.too_big", "The compute is too small"
