"""What can go wrong with quality rules."""

from studiolo.kernel.errors import Conflict, Invalid, NotFound


class BadRule(Invalid):
    """A rule that could never be kept, or that does not fit its column."""

    code, title = "datasets.bad_rule", "The rule cannot be used"


class NoRules(Conflict):
    """There is nothing to check."""

    code, title = "datasets.no_rules", "The dataset has no rules"

    def __init__(self, dataset: str) -> None:
        super().__init__(
            f"'{dataset}' has no quality rules.", f"Take some: studiolo datasets quality suggest {dataset} --take"
        )


class CheckNotFound(NotFound):
    """No check of this id."""

    code, title = "datasets.check_not_found", "Check not found"

    def __init__(self, check: str) -> None:
        super().__init__(
            f"There is no check '{check[:40]}'.", "List them: studiolo datasets quality history", field="id"
        )
