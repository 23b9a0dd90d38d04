"""What can go wrong with experiments and runs."""

from studiolo.kernel.errors import Conflict, Invalid, NotFound, TooLarge


class ExperimentNotFound(NotFound):
    """No experiment has this id or name."""

    code, title = "experiments.not_found", "Experiment not found"

    def __init__(self, which: str) -> None:
        super().__init__(
            f"There is no experiment '{which}'.", "List them: studiolo experiments list", field="experiment"
        )


class ExperimentExists(Conflict):
    """The name is taken."""

    code, title = "experiments.exists", "Experiment exists"


class RunNotFound(NotFound):
    """No run has this id."""

    code, title = "experiments.run_not_found", "Run not found"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no run '{run_id[:80]}'.", "List them: studiolo experiments list", field="run_id")


class RunDeleted(Conflict):
    """The run is in the bin and takes no more records."""

    code, title = "experiments.run_deleted", "The run is deleted"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"The run '{run_id}' is deleted.", "Restore it first.", field="run_id")


class BadKey(Invalid):
    """A name of a param, metric or tag that cannot be used."""

    code, title = "experiments.bad_key", "Name cannot be used"


class ParamChanged(Conflict):
    """A param has another value already; params are written once."""

    code, title = "experiments.param_changed", "Param has another value"

    def __init__(self, key: str, old: str, new: str, run_id: str = "") -> None:
        super().__init__(
            f"Param '{key}' is '{old[:200]}' already and cannot become '{new[:200]}'.",
            "Use another name, or another (nested) run: a param of a run never changes.",
            field=key,
        )
        self.key, self.old, self.new, self.run_id = key, old, new, run_id


class BadPath(Invalid):
    """A path of an artifact that leaves its folder or cannot be a file name."""

    code, title = "experiments.bad_path", "Path cannot be used"


class ArtifactNotFound(NotFound):
    """No artifact has this path."""

    code, title = "experiments.artifact_not_found", "Artifact not found"

    def __init__(self, path: str) -> None:
        super().__init__(f"There is no artifact '{path[:200]}'.", "List the folder above it.", field="path")


class ArtifactReadOnly(Conflict):
    """Files of a registered model version never change."""

    code, title = "experiments.artifact_read_only", "Artifact cannot be changed"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"'{path[:200]}' belongs to a registered model version, which never changes.",
            "Log another model and register it as the next version.",
            field="path",
        )


class ArtifactTooLarge(TooLarge):
    """An artifact above the upload limit."""

    code, title = "experiments.artifact_too_large", "Artifact too large"


class LoggedModelNotFound(NotFound):
    """No logged model has this id."""

    code, title = "experiments.logged_model_not_found", "Logged model not found"

    def __init__(self, model_id: str) -> None:
        super().__init__(f"There is no logged model '{model_id[:80]}'.", field="model_id")


class BadJob(Invalid):
    """A job that cannot be run as it is written."""

    code, title = "experiments.bad_job", "The job cannot be run"


class LogNotThere(NotFound):
    """The run has no log: it was made by a client, or has not started."""

    code, title = "experiments.no_log", "No log yet"
