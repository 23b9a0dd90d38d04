"""What can go wrong with endpoints."""

from studiolo.kernel.errors import Conflict, Invalid, NotFound, StudioloError


class EndpointNotFound(NotFound):
    """No endpoint has this name."""

    code, title = "endpoints.not_found", "Endpoint not found"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no endpoint '{name[:80]}'.", "List them: studiolo endpoints list", field="name")


class DeploymentNotFound(NotFound):
    """The endpoint has no such deployment."""

    code, title = "endpoints.deployment_not_found", "Deployment not found"

    def __init__(self, name: str, number: int) -> None:
        super().__init__(
            f"Endpoint '{name}' has no deployment {number}.",
            f"See its deployments: studiolo endpoints show {name}",
            field="deployment",
        )


class BadEndpoint(Invalid):
    """A deployment that cannot be made."""

    code, title = "endpoints.invalid", "The endpoint cannot be made so"


class PortTaken(Conflict):
    """Another program or endpoint has the port."""

    code, title = "endpoints.port_taken", "Port already taken"


class NoPort(Conflict):
    """All ports that endpoints may have are taken."""

    code, title = "endpoints.no_port", "No free port"


class BeingDeleted(Conflict):
    """The endpoint is on its way out."""

    code, title = "endpoints.being_deleted", "The endpoint is being deleted"

    def __init__(self, name: str) -> None:
        super().__init__(f"Endpoint '{name}' is being deleted.", "Wait a moment, then deploy again.", field="name")


class NotLive(StudioloError):
    """Nothing answers for the endpoint just now."""

    code, status, title = "endpoints.not_live", 503, "The endpoint does not answer"


class NoSample(NotFound):
    """The model brought no example of its input."""

    code, title = "endpoints.no_sample", "No sample"


class DeploymentFailed(StudioloError):
    """A deployment that was waited for did not go live."""

    code, status, title = "endpoints.deployment_failed", 409, "The deployment failed"
