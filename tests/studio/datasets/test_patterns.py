"""Patterns of paths: what they choose, which are refused, and that none takes for ever."""

import re
import time
from pathlib import Path
from random import Random

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.datasets.errors import BadFilePath
from studiolo.studio.datasets.inspections import sources
from studiolo.studio.datasets.inspections.schemas import InspectionSource
from studiolo.studio.datasets.registrations.paths import Pattern, _expression
from tests.studio.datasets.registering import a_folder

PATHS = ["a.csv", "x/a.csv", "x/y/a.csv", "x/y/b.txt", "ü/日本.csv", "a-b^c[1].csv", "x/.csv", "line\nend.csv"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.csv", [0, 5, 7]),
        ("**/*.csv", [0, 1, 2, 4, 5, 6, 7]),
        ("x/**", [1, 2, 3, 6]),
        ("x/**/a.csv", [1, 2]),
        ("**.txt", [3]),
        ("?.{csv,txt}", [0]),
        ("[!b-z].csv", [0]),
        ("[^b-z].csv", [0]),
        ("a-b^c[[]1].csv", [5]),
        ("[ü日]/??.csv", [4]),
        ("a.csv", [0]),
        ("a,csv", []),
        ("", []),
    ],
)
def test_a_pattern_chooses_paths(pattern: str, found: list[int]) -> None:
    chosen = list(Pattern(pattern).choose(enumerate(PATHS), lambda item: item[1]))
    assert [place for place, _ in chosen] == found


def test_it_chooses_what_the_expression_means_elsewhere() -> None:
    chance = Random(1)
    for _ in range(300):
        pattern = "".join(
            chance.choice(["a", "b", "/", "*", "**", "**/", "?", "[ab]", "[!a]", "{a,b*}"]) for _ in range(6)
        )
        given = ["".join(chance.choice("aab/") for _ in range(chance.randrange(9))) for _ in range(40)]
        meant = re.compile(_expression(pattern), re.DOTALL)
        assert Pattern(pattern).fits(given) == [meant.fullmatch(path) is not None for path in given], pattern


@pytest.mark.parametrize("pattern", ["{a", "[a", "[z-a]", "[!]]", "a" * 2001, "\ud800"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(BadFilePath) as told:
        Pattern(pattern)
    assert told.value.field == "source.glob"


@pytest.mark.parametrize("pattern", ["*a" * 30 + "b", "**/a/" * 30 + "b", "**a" * 30 + "b", "{a,aa,*}" * 30 + "b"])
def test_no_pattern_takes_for_ever(pattern: str) -> None:
    started = time.process_time()
    assert Pattern(pattern).fits(["a" * 250, "a/" * 500 + "a"]) == [False, False]
    assert time.process_time() - started < 5


def test_names_that_are_no_text_are_left_to_who_judges_them() -> None:
    assert Pattern("*.csv").fits(["\udcff.csv", "\udcff.txt"]) == [True, False]


def test_a_look_and_a_registration_choose_the_same_files(ctx: Context, tmp_path: Path) -> None:
    for name in ("s/1/a.csv", "s/2/b.txt", "s/3/deep/c.csv", "s/4.csv"):
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_text("n\n1\n")
    a_folder(ctx, tmp_path / "src")
    source = InspectionSource(type="datastore", datastore="data", glob="s/*/*.{csv,txt}")
    assert [file.name for file in sources.find(ctx, source)] == ["1/a.csv", "2/b.txt"]
