import threading
import time
import uuid

from hypothesis import given
from hypothesis import strategies as st

from studiolo.kernel import ids


def test_an_id_is_a_uuid_of_version_7_with_the_time_in_front() -> None:
    before = time.time_ns() // 1_000_000
    made = ids.new_id()
    parsed = uuid.UUID(made)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert before - 1000 <= int(made[:12], 16) <= time.time_ns() // 1_000_000 + 1000
    assert made == parsed.hex


def test_ids_grow_also_within_a_millisecond_and_across_threads() -> None:
    made: list[list[str]] = [[] for _ in range(8)]

    def make(mine: list[str]) -> None:
        mine.extend(ids.new_id() for _ in range(5000))

    threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for mine in made:
        assert mine == sorted(mine)
    assert len({one for mine in made for one in mine}) == 40_000


def test_ids_still_grow_when_the_clock_steps_back(monkeypatch: object) -> None:
    first = ids.new_id()
    real = time.time_ns
    try:
        time.time_ns = lambda: real() - 3_600_000_000_000
        assert ids.new_id() > first
    finally:
        time.time_ns = real


def test_is_id_takes_what_new_id_makes() -> None:
    assert ids.is_id(ids.new_id())


@given(st.text(max_size=40))
def test_is_id_takes_32_small_hex_digits_and_nothing_else(text: str) -> None:
    assert ids.is_id(text) == (len(text) == 32 and set(text) <= set("0123456789abcdef"))
