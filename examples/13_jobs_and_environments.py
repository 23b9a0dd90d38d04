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
    print(f"registered {dataset.name}:{dataset.version}")

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

    script = Path(folder) / "src" / "tune.py"
    script.parent.mkdir()
    script.write_text("import sys, mlflow\nrate = float(sys.argv[1])\nmlflow.log_metric('loss', (rate - 0.2) ** 2)\n")
    sweep = studio.experiments.submit(
        type="sweep",
        trial={"code": str(script.parent), "command": "python tune.py ${{search_space.rate}}"},
        search_space={"rate": {"type": "choice", "values": [0.1, 0.2, 0.4]}},
        sampling_algorithm="grid",
        objective={"primary_metric": "loss", "goal": "minimize"},
        limits={"max_total_trials": 3, "max_concurrent_trials": 2},
        experiment_name="examples",
    )
    studio.experiments.wait(sweep.id)
    best = studio.experiments.document(sweep.id, "sweep/summary")["board"][0]
    print(f"the best rate is {best['values']['rate']}, of {len(studio.experiments.children(sweep.id))} trials")
