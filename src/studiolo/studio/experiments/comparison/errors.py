"""What can go wrong when runs are compared."""

from studiolo.kernel.errors import Invalid, NotFound

MOST_RUNS = 200


class TooManyRuns(Invalid):
    """More runs than can be compared at once."""

    code, title = "experiments.too_many_runs", "Too many runs"

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} runs are more than the {MOST_RUNS} that can be compared at once.",
            "Choose fewer: narrow the search, or send the first ones of an order that matters.",
            field="run_ids",
        )


class NoSuchSelection(NotFound):
    """No stored selection of runs has this id."""

    code, title = "experiments.selection_not_found", "Selection not found"

    def __init__(self, selection_id: str) -> None:
        super().__init__(
            f"There is no selection '{selection_id[:40]}' of runs in this workspace.",
            "It may belong to another workspace, or nobody opened it for a year. Choose the runs again in the list of runs.",
            field="selection_id",
        )


class NotText(Invalid):
    """A file that cannot be compared line by line."""

    code, title = "experiments.not_text", "The file is not text"
