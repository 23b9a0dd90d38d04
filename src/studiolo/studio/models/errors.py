"""What can go wrong with models."""

from typing import Any

from studiolo.kernel.errors import Conflict, Invalid, NotFound, TooLarge


class ModelNotFound(NotFound):
    """No model has this name."""

    code, title = "models.not_found", "Model not found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Registered Model with name={name[:200]} not found.", "List them: studiolo models list", field="name"
        )


class VersionNotFound(NotFound):
    """The model has no such version."""

    code, title = "models.version_not_found", "Model version not found"

    def __init__(self, name: str, version: object) -> None:
        super().__init__(
            f"Model Version (name={name[:200]}, version={version}) not found.",
            f"List the versions: studiolo models show {name[:80]}",
            field="version",
        )


class AliasNotFound(Invalid):
    """The model has no such alias."""

    code, title = "models.alias_not_found", "Alias not found"

    def __init__(self, name: str, alias: str) -> None:
        super().__init__(
            f"Registered model alias {alias[:80]} not found.",
            f"See the aliases: studiolo models show {name[:80]}",
            field="alias",
        )


class ModelExists(Conflict):
    """The name is taken."""

    code, title = "models.exists", "Model exists"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Registered Model (name={name[:200]}) already exists.", "Register a version of it instead.", field="name"
        )


class NotInBin(NotFound):
    """Nothing of that name was deleted, or it is gone for good."""

    code, title = "models.not_in_bin", "Not in the bin"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"'{what[:200]}' is not in the bin.", "See what is: studiolo models list --deleted", field="name"
        )


class RestoreModelFirst(Conflict):
    """A version cannot come back while its model is deleted."""

    code, title = "models.restore_model_first", "The model is deleted too"

    def __init__(self, name: str, version: int) -> None:
        super().__init__(
            f"Version {version} was deleted, and then the model {name[:200]} itself.",
            f"Bring the model back first: studiolo models restore {name[:80]}",
            field="name",
        )


class BadName(Invalid):
    """A name that no model or alias may have."""

    code, title = "models.bad_name", "Name cannot be used"


class NotAModel(Invalid):
    """A folder without a readable MLmodel file."""

    code, title = "models.not_a_model", "Not a model"


class InUse(Conflict):
    """A version that an endpoint serves cannot be deleted."""

    code, title = "models.in_use", "The model version is in use"

    def __init__(self, name: str, version: int, users: list[str]) -> None:
        super().__init__(
            f"Version {version} of '{name}' is used by {', '.join(users[:5])}.",
            "Deploy another version there, or delete what uses it; then delete this version.",
            field="version",
            extra={"used_by": users},
        )


class NotScanned(Conflict):
    """Nobody has looked into the files of the version yet."""

    code, title = "models.not_scanned", "The files have not been looked into"

    def __init__(self, name: str, version: int, *, here: bool, source: str = "") -> None:
        super().__init__(
            f"The files of version {version} of '{name}' have not been looked into yet."
            if here
            else f"The files of version {version} of '{name}' are not in the studio, but at {source[:200]}.",
            f"It takes a moment; or do it now: studiolo models scan {name}:{version}"
            if here
            else "Register the model from its files.",
            field="version",
        )


class RiskNotAccepted(Conflict):
    """The files of a version could run code of a stranger when it is loaded."""

    code, title = "models.risk_not_accepted", "Loading this model could run code"

    def __init__(self, name: str, version: int, scan: Any) -> None:
        bad = [found for found in scan.findings if found.grade == "dangerous"]
        shown = ", ".join(f"{found.what} in {found.file}" for found in bad[:3]) or ", ".join(
            f"{item.file} {item.why}" for item in scan.unreadable[:3]
        )
        super().__init__(
            f"Loading version {version} of '{name}' would run what is not on the list of safe types: {shown}."
            if bad
            else f"Version {version} of '{name}' has files that could not be looked into: {shown}.",
            f"See studiolo models scan {name}:{version}; if you trust who made it, deploy with --accept-risk.",
            field="accept_risk",
            extra={"verdict": scan.verdict},
        )


class UploadTooLarge(TooLarge):
    """More bytes than may be uploaded."""

    code, title = "models.upload_too_large", "The model is too large"


class UploadCutOff(Invalid):
    """The connection ended before all bytes were there."""

    code, title = "models.upload_cut_off", "The upload was cut off"


class BadModelFile(Invalid):
    """A file that no model can be made of; the detail names what is wrong in it."""

    code, title = "models.bad_file", "The file cannot be registered"


class NoExample(NotFound):
    """The version brought no input example that can be shown."""

    code, title = "models.no_example", "No input example"

    def __init__(self, name: str, version: int) -> None:
        super().__init__(
            f"Version {version} of '{name}' brought no input example.",
            "Give one when it is logged: mlflow.<flavor>.log_model(…, input_example=rows), or --example.",
            field="version",
        )


class FetchNotFound(NotFound):
    """No job fetches this."""

    code, title = "models.fetch_not_found", "Fetch not found"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no fetch {run_id[:64]} of this model.", "Start one anew.", field="run_id")


class FetchFailed(Invalid):
    """A fetch ended without a model; the message says why."""

    code, title = "models.fetch_failed", "The model was not fetched"
