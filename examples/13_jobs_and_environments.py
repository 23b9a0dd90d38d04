"""Jobs that read datasets, run in environments of their own, leave models and datasets, and plain functions as jobs."""

import tempfile
from pathlib import Path
from typing import Any

from studiolo import Studio

studio = Studio()
ROWS = "height,weight\n1.6,60\n1.7,70\n1.8,80\n"


@studio.experiments.job(experiment="examples")
def mean(data: Path, column: str) -> dict[str, Any]:
    import csv

    with data.open() as file:
        values = [float(row[column]) for row in csv.DictReader(file)]
    return {"column": column, "mean": round(sum(values) / len(values), 3)}


with tempfile.TemporaryDirectory() as folder:
    table = Path(folder) / "people.csv"
    table.write_text(ROWS)
    print("a function in the studio:", mean.submit(table, "height").result())

    dataset = studio.datasets.create(table, name="people")
    print("registered", dataset.version.reference)

    environment = studio.experiments.environments.create("bare", packages=[])
    print(
        f"environment {environment.name}:{environment.version}, Python {environment.python}, {environment.packages} packages"
    )

    run = studio.experiments.submit(
        command="cat ${{inputs.people}} && python -c 'import sys; print(sys.prefix)' && cp ${{inputs.people}} ${{outputs.copy}}/",
        inputs={"people": {"type": "uri_file", "path": "azureml:people@latest"}},
        outputs={"copy": {"type": "uri_folder", "name": "people-copy"}},
        environment="azureml:bare:1",
        experiment_name="examples",
    )
    for text in studio.experiments.follow(run.id):
        print(text, end="")
    print(studio.experiments.wait(run.id).state)
