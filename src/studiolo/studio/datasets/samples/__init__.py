"""Tables that come with the studio: `<name>.csv` beside `<name>.md`, which says what it is and where it is from."""

from pathlib import Path

from studiolo.studio.datasets.errors import SampleNotFound
from studiolo.studio.datasets.schemas import SampleTable

FOLDER = Path(__file__).parent
SAMPLES = (
    SampleTable(
        name="titanic",
        title="Titanic passengers",
        description="Who survived the sinking of the Titanic: 891 passengers with class, sex, age, fare and cabin.",
        source="Passenger list of RMS Titanic, 1912, by way of the Vanderbilt biostatistics data sets",
        licence="public domain",
        rows=891,
        task="classification",
        target="Survived",
    ),
)


def every() -> list[SampleTable]:
    """Return all of them."""
    return list(SAMPLES)


def get(name: str) -> SampleTable:
    """Return one; raises SampleNotFound."""
    for sample in SAMPLES:
        if sample.name == name:
            return sample
    raise SampleNotFound(
        f"No sample is called '{name[:60]}'.", f"One of: {', '.join(sample.name for sample in SAMPLES)}.", field="name"
    )


def path(name: str) -> Path:
    """Return the file of a sample."""
    return FOLDER / f"{get(name).name}.csv"
