"""What can go wrong with environments."""

from studiolo.kernel.errors import Invalid, NotFound, Unavailable


class EnvironmentNotFound(NotFound):
    """No environment has this name, or this version; and there is no recipe of the name."""

    code, title = "experiments.environment_not_found", "Environment not found"

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"There is no environment '{reference[:200]}'.",
            "List them: studiolo experiments environments list; or describe one: studiolo experiments environments create",
            field="environment",
        )


class BadEnvironment(Invalid):
    """A definition that cannot become an environment."""

    code, title = "experiments.bad_environment", "The environment cannot be made"


class NotLocked(BadEnvironment):
    """The requirements do not fit together, or one of them does not exist."""

    code, title = "experiments.environment_not_locked", "The requirements cannot be met"


class LockingBusy(Unavailable):
    """Versions are being found for as many environments as the server does at once."""

    code, title = "experiments.environments_busy", "Other environments are being made"

    def __init__(self) -> None:
        super().__init__(
            "Versions are being found for other environments.", "Try again in a minute.", field="environment"
        )


class NoEngine(Unavailable):
    """An environment is a container image, and no container engine answers on the studio's machine."""

    code, title = "experiments.no_container_engine", "No container engine answers"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "Start Docker or Podman on the studio's machine.", field="environment")
