"""What can go wrong with experiments and runs."""

from studiolo.kernel.errors import Conflict, Invalid, NotFound, StudioloError, TooLarge


class ExperimentNotFound(NotFound):
    """No experiment has this id or name."""

    code, title = "experiments.not_found", "Experiment not found"

    def __init__(self, which: str) -> None:
        super().__init__(
            f"No Experiment with id={which} exists." if which.isdigit() else f"There is no experiment '{which[:200]}'.",
            "List them: studiolo experiments list",
            field="experiment",
        )


class ExperimentExists(Conflict):
    """The name is taken, perhaps by a deleted experiment."""

    code, title = "experiments.exists", "Experiment exists"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Experiment(name={name[:200]}) already exists.",
            "Choose another name; if it is deleted, restore it.",
            field="name",
        )


class NotActive(Conflict):
    """A deleted experiment or run takes no changes but to be restored."""

    code, title = "experiments.not_active", "It is deleted"

    def __init__(self, kind: str, which: str, wanted: str = "active") -> None:
        current = "deleted" if wanted == "active" else "active"
        hint = "Restore it first." if wanted == "active" else "Delete it first."
        detail = f"The {kind} {which} must be in the '{wanted}' state. Current state is {current}."
        super().__init__(detail, hint, field=f"{kind}_id")


class RunNotFound(NotFound):
    """No run has this id."""

    code, title = "experiments.run_not_found", "Run not found"

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"Run with id={run_id[:80]} not found.", "List them: studiolo experiments list", field="run_id"
        )


class TraceNotFound(NotFound):
    """No trace of the workspace has this id."""

    code, title = "experiments.trace_not_found", "Trace not found"

    def __init__(self, trace_id: str) -> None:
        super().__init__(
            f"Trace with ID '{trace_id[:200]}' not found.",
            "List them: studiolo experiments traces list",
            field="trace_id",
        )


class ExportNotFound(NotFound):
    """No file of runs is on its way under this id."""

    code, title = "experiments.export_not_found", "Export not found"

    def __init__(self, export_id: str) -> None:
        super().__init__(
            f"There is no export {export_id[:80]} of yours; a server that was started again knows none.",
            "Export the runs again.",
            field="export_id",
        )


class ExportStopped(Conflict):
    """The file was canceled."""

    code, title = "experiments.export_stopped", "Export canceled"

    def __init__(self) -> None:
        super().__init__("This export was canceled.", "Export the runs again.")


class BadKey(Invalid):
    """A name of a param, metric or tag that cannot be used."""

    code, title = "experiments.bad_key", "Name cannot be used"


class ParamChanged(Conflict):
    """A param has another value already; params are written once."""

    code, title = "experiments.param_changed", "Param has another value"

    def __init__(self, key: str, old: str, new: str) -> None:
        super().__init__(
            f"Changing param values is not allowed. Param with key='{key}' was already logged with value='{old[:200]}'. "
            f"Attempted logging new value '{new[:200]}'.",
            "Use another name, or a nested run: a param of a run never changes.",
            field=key,
        )


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


class BadRange(StudioloError):
    """A range of bytes that the file does not have, or that cannot be read."""

    code, status, title = "experiments.bad_range", 416, "Range cannot be sent"

    def __init__(self, asked: str, size: int) -> None:
        super().__init__(
            f"Invalid Range '{asked[:100]}' of a file of {size} bytes.", "Ask for bytes=0-99, bytes=100- or bytes=-100."
        )


class UploadNotFound(NotFound):
    """No upload in parts has this id, or it was given up."""

    code, title = "experiments.upload_not_found", "Upload not found"

    def __init__(self, upload_id: str) -> None:
        super().__init__(
            f"There is no upload '{upload_id[:80]}' here.",
            "Begin it anew: it was aborted or is too old.",
            field="upload_id",
        )


class BadPart(Invalid):
    """A part of an upload that is missing, changed, or out of order."""

    code, title = "experiments.bad_part", "Part cannot be used"

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"Part {number} of the upload: {why}", "Send the part again.", field="parts")


class LoggedModelNotFound(NotFound):
    """No logged model has this id."""

    code, title = "experiments.logged_model_not_found", "Logged model not found"

    def __init__(self, model_id: str) -> None:
        super().__init__(f"Logged model with ID '{model_id[:80]}' not found.", field="model_id")


class BadJob(Invalid):
    """A job that cannot be run as it is written."""

    code, title = "experiments.bad_job", "The job cannot be run"


class LogNotThere(NotFound):
    """The run has no log: it was made by a client, or has not started."""

    code, title = "experiments.no_log", "No log yet"


class FileTooLarge(TooLarge):
    """A file of a job above the upload limit."""

    code, title = "experiments.file_too_large", "File too large"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The file has more than {limit / 2**20:.0f} MiB.",
            "STUDIOLO_UPLOAD_LIMIT_BYTES sets the limit.",
            field="body",
        )


class FileCutOff(Invalid):
    """The body ended before it was whole."""

    code, title = "experiments.file_cut_off", "The upload was cut off"

    def __init__(self) -> None:
        super().__init__(
            "The connection ended before the file was whole.", "Send it again; nothing was kept.", field="body"
        )


class ViewNotFound(NotFound):
    """No saved view has this id, or it is somebody else's and not shared."""

    code, title = "experiments.view_not_found", "View not found"

    def __init__(self, view_id: str) -> None:
        super().__init__(f"There is no saved view '{view_id[:80]}'.", "Choose one of the list.", field="view_id")


class ViewExists(Conflict):
    """One has a saved view of this name already."""

    code, title = "experiments.view_exists", "View exists"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"You have a view '{name[:120]}' already.", "Choose another name, or save over it.", field="name"
        )
