import base64
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.kernel.errors import Invalid
from studiolo.kernel.paging import MAX_LIMIT, bounded, decode, encode

KEYS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=200),
)


@given(st.lists(KEYS, min_size=1, max_size=4))
def test_a_cursor_gives_back_its_keys(keys: list[object]) -> None:
    cursor = encode(*keys)
    assert decode(cursor, len(keys)) == tuple(keys)
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), (
        "fits into an address"
    )


@pytest.mark.parametrize("cursor", [None, ""])
def test_no_cursor_is_the_beginning(cursor: str | None) -> None:
    assert decode(cursor, 2) is None


def raw(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "ü",
        "=",
        "A",
        raw({"a": 1}),
        raw([1, 2]),
        raw([[1]]),
        raw([{"a": 1}]),
        raw(["nul\0"]),
        raw([2**63]),
        raw([float("inf")]),
        base64.urlsafe_b64encode(b"[" * 2000).decode(),
        "A" * 10_000,
    ],
)
def test_a_forged_cursor_is_an_answer_and_not_an_accident(cursor: str) -> None:
    with pytest.raises(Invalid) as raised:
        decode(cursor, 1)
    assert raised.value.field == "cursor"


@given(st.text(max_size=60))
def test_any_text_is_a_cursor_or_refused(text: str) -> None:
    with contextlib.suppress(Invalid):
        decode(text, 1)


@pytest.mark.parametrize(("asked", "given"), [(-1, 1), (0, 1), (50, 50), (10**9, MAX_LIMIT)])
def test_a_page_has_a_size_within_bounds(asked: int, given: int) -> None:
    assert bounded(asked) == given
