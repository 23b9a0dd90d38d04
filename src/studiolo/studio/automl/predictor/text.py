"""Text as numbers: 1- and 2-grams, weighted and projected."""

import re
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+|[£$€%!?]")


def terms(text: str) -> list[str]:
    """List the 1- and 2-grams of a text in lower case.

    >>> terms("Win a PRIZE!")
    ['win', 'a', 'prize', '!', 'win a', 'a prize', 'prize !']
    """
    words = _WORD.findall(text.lower())
    return words + [f"{left} {right}" for left, right in pairwise(words)]


def weigh(text: str, known: Mapping[str, int], idf: NDArray[np.float32]) -> tuple[list[int], NDArray[np.float32]]:
    """Return the known terms of a text and their tf-idf (sublinear, length 1)."""
    counts: dict[int, int] = {}
    for term in terms(text):
        place = known.get(term)
        if place is not None:
            counts[place] = counts.get(place, 0) + 1
    places = sorted(counts)
    weights = np.array([1.0 + np.log(counts[place]) for place in places], dtype=np.float32) * idf[places]
    length = float(np.sqrt(np.dot(weights, weights)))
    return places, weights / np.float32(length) if length else weights
