"""What an MLTable means for the files that it lies beside: which are read, how, and what is done to their rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo.studio.datasets.errors import BadColumnChoice, BadMLTable
from studiolo.studio.datasets.mltable import chosen, file, options
from studiolo.studio.datasets.mltable.own import Own
from studiolo.studio.datasets.mltable.steps import Step
from studiolo.studio.datasets.schemas import Reading, ReadingNote, ReadOptions


@dataclass(frozen=True)
class Described:
    """names: of the files that are read; left: of those that are not; reading: of the former; given: the words of the MLTable.

    own: what its metadata says besides.
    """

    names: tuple[str, ...]
    left: tuple[str, ...]
    reading: Reading
    steps: tuple[Step, ...]
    given: tuple[Any, ...]
    timestamp: str
    notes: tuple[ReadingNote, ...] = field(default=())
    own: Own = field(default_factory=Own)

    def blamed(self, error: BadColumnChoice) -> BadMLTable | BadColumnChoice:
        """Return the complaint about a column that an MLTable made text, with the transformation that did."""
        for step in self.steps:
            for one in step.value if step.key == "convert_column_types" else ():
                name = next((name for name in one.columns if f"'{name[:100]}'" in error.detail), None)
                if name is not None:
                    return step.wrong(error.detail, error.hint)
        return error


def describe(files: Sequence[tuple[Path, str]], asked: ReadOptions, *, some: bool = False) -> Described | None:
    """Return what is said by the transformations that were asked for, or by an MLTable among the files; None where nothing is.

    files: local copies and their names. some: not all of them are here. Raises BadMLTable.
    """
    if not isinstance(asked, Reading):
        known = {key: getattr(asked, key) for key in ReadOptions.model_fields}
        asked = Reading.model_validate(known)
    names = [name for _, name in files]
    found = file.beside(names)
    if asked.transformations is not None:
        steps, given, kept = chosen.whole(asked)
        if not steps and found is None:
            return None
        names_read = tuple(name for name in names if name != found)
        if not steps:  # as if the MLTable were not there
            reading = asked.model_copy(update={"transformations": None, "timestamp": ""})
            return Described(names_read, (str(found),), reading, (), (), asked.timestamp)
        left = (found,) if found else ()
        return Described(names_read, left, options.reading(steps, asked), steps, given, asked.timestamp, own=kept)
    if found is None:
        return None
    table = file.read(next(path for path, name in files if name == found))
    below = found[: -len(file.NAME)]
    named = tuple(table.named(below, names, some=some))
    if not named:
        raise BadMLTable("The paths of the MLTable name no file.", "Paths go from the folder it is in.", field="paths")
    wanted = set(named)
    notes = [ReadingNote(message=f"{found} says how the files are read.", file=found)]
    if table.unknown:
        notes.append(
            ReadingNote(message=f"{found}: unknown, and left out: {', '.join(table.unknown[:5])}.", file=found)
        )
    return Described(
        named,
        tuple(name for name in names if name not in wanted),
        options.reading(table.steps, asked, table.own.options),
        table.steps,
        table.given,
        asked.timestamp or table.timestamp,
        tuple(notes),
        table.own,
    )
