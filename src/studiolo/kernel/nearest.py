"""Which name was probably meant."""

from collections.abc import Sequence


def nearest(name: str, names: Sequence[str]) -> str | None:
    """Return the name that was probably meant, in any case of letters; None when none is near.

    >>> nearest("Incme", ["age", "income"]), nearest("nope", ["age", "income"])
    ('income', None)
    """
    from difflib import get_close_matches

    folded = {known.casefold(): known for known in reversed(names)}
    # at 0.6, which is usual, 'nope' is near 'income'
    close = get_close_matches(name.casefold(), folded, n=1, cutoff=0.65)
    return folded[close[0]] if close else None
