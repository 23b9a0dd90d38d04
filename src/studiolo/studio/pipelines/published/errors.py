"""What can go wrong with published pipelines."""

from collections.abc import Sequence

from studiolo.kernel.errors import Conflict, Denied, Invalid, NotFound


class BadStart(Invalid):
    """A start that does not fit the inputs of a published pipeline; `field` names the input."""

    code, title = "pipelines.bad_start", "The pipeline cannot be started so"


class PublishedNotFound(NotFound):
    """No published pipeline has this name, or it has no such version."""

    code, title = "pipelines.published_not_found", "Published pipeline not found"

    def __init__(self, name: str, *, field: str = "name") -> None:
        super().__init__(
            f"There is no published pipeline '{name[:120]}'.",
            "List them: studiolo pipelines published list",
            field=field,
        )


class PublishedDisabled(Conflict):
    """A published pipeline that is switched off starts nothing."""

    code, title = "pipelines.published_disabled", "Published pipeline is disabled"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The published pipeline '{name}' is disabled.",
            f"Enable it: studiolo pipelines published enable {name}",
            field="name",
        )


class PublishedInUse(Conflict):
    """A published pipeline that a schedule runs is not removed."""

    code, title = "pipelines.published_in_use", "Published pipeline is in use"

    def __init__(self, name: str, users: Sequence[str]) -> None:
        super().__init__(
            f"'{name}' is run by {', '.join(users[:5])}.", "Remove or change what runs it first.", field="name"
        )


class WrongKey(Denied):
    """A key of one published pipeline opens nothing else."""

    code, title = "pipelines.wrong_key", "The key is for something else"

    def __init__(self) -> None:
        super().__init__(
            "The key is not one of this pipeline.",
            "A key starts its own pipeline and reads the runs that were started so; see it on the pipeline's page.",
        )
