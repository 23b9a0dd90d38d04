"""What can go wrong with drafts."""

from studiolo.kernel.errors import Conflict, Invalid, NotFound


class BadDraft(Invalid):
    """A draft that holds nothing, or whose name cannot be one."""

    code, title = "pipelines.bad_draft", "The draft cannot be kept"


class DraftNotFound(NotFound):
    """No draft has this name."""

    code, title = "pipelines.draft_not_found", "Draft not found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no draft '{name[:120]}' of a pipeline.",
            "List them: studiolo pipelines drafts list",
            field="name",
        )


class DraftExists(Conflict):
    """A draft of this name is there already."""

    code, title = "pipelines.draft_exists", "Draft exists"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is a draft '{name}' already.",
            "Open that one (`--replace` on the command line), or choose another name.",
            field="name",
        )


class DraftChanged(Conflict):
    """Somebody has changed the draft since it was read."""

    code, title = "pipelines.draft_changed", "Draft has changed"

    def __init__(self, name: str, who: str) -> None:
        super().__init__(
            f"'{name}' was changed by {who} meanwhile.",
            "Open it again, or save yours under another name.",
            field="version",
        )
