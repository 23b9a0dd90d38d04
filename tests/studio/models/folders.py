"""A run with a model folder, written by hand: the registry never loads what it keeps."""

import json

from studiolo.kernel.context import Context
from studiolo.studio.experiments import artifacts
from tests.studio.experiments.runs import a_run

INPUTS = [{"type": "double", "name": "x"}, {"type": "string", "name": "c", "required": False}]
OUTPUTS = [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}]
MLMODEL = f"""flavors:
  python_function: {{loader_module: nowhere}}
  sklearn: {{pickled_model: model.pkl}}
mlflow_version: 3.17.2
signature:
  inputs: '{json.dumps(INPUTS)}'
  outputs: '{json.dumps(OUTPUTS)}'
  params: null
"""


def a_model(ctx: Context, text: str = MLMODEL, path: str = "model") -> str:
    """Make a run with a model at `path`; returns the run's id."""
    run_id, _ = a_run(ctx)
    files = {f"{path}/MLmodel": text, f"{path}/model.pkl": "Vnever loaded\np0\n.", f"{path}/code/a.py": "x = 1"}
    with ctx.db.begin() as tx:
        artifacts.put_all(tx, ctx, run_id, [(name, ctx.blobs.put(body.encode())) for name, body in files.items()])
    return run_id
