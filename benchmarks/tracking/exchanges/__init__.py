"""The requests of `differential.py`, good and bad."""

from collections.abc import Iterator

from exchanges import models, runs, searches
from exchanges.case import Case


def cases() -> Iterator[Case]:
    """Yield every case, in the order in which they build on each other."""
    for part in (
        runs.experiments,
        runs.runs,
        searches.searches,
        searches.bad_filters,
        runs.histories,
        runs.inputs,
        models.logged_models,
        models.registry,
        models.artifacts,
        runs.bin_,
    ):
        yield from part()
