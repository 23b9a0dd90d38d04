"""Notebooks as steps of pipelines, inline and as components, with a real kernel."""

from pathlib import Path

import nbformat

from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.pipelines import service
from tests.studio.pipelines.graphs import ended, states, text_of

PIPELINE = """
type: pipeline
inputs: {rate: 2, name: "007"}
jobs:
  report:
    type: notebook
    notebook: report.ipynb
    inputs:
      rate: ${{parent.inputs.rate}}
      name: ${{parent.inputs.name}}
    outputs: {kept: }
  again:
    component: file:./report.yml
    inputs:
      rate: ${{parent.inputs.rate}}
      name: ${{parent.inputs.name}}
  last:
    command: cat ${{inputs.a}}/x.txt ${{inputs.b}}/x.txt > ${{outputs.out}}/f.txt
    inputs: {a: "${{parent.jobs.report.outputs.kept}}", b: "${{parent.jobs.again.outputs.kept}}"}
    outputs: {out: }
"""
COMPONENT = """
type: notebook
name: report
notebook: report.ipynb
inputs: {rate: {type: integer}, name: {type: string}}
outputs: {kept: {type: uri_folder}}
"""


def test_a_notebook_is_a_step_inline_and_as_a_component(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    made = nbformat.v4.new_notebook()
    made.cells = [
        nbformat.v4.new_code_cell("rate = 1\nname = ''", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("import pathlib\npathlib.Path(kept, 'x.txt').write_text(f'{rate + 1} {name}\\n')"),
    ]
    (tmp_path / "report.ipynb").write_text(nbformat.writes(made))
    (tmp_path / "report.yml").write_text(COMPONENT)
    (tmp_path / "pipeline.yml").write_text(PIPELINE)
    run = ended(ctx, studio.pipelines.submit(tmp_path / "pipeline.yml"))
    assert run.run.state == "Completed", [one.error for one in service.steps(ctx, run.run.id)]
    assert text_of(ctx, run, "last") == "3 007\n3 007\n"
    assert {one.path: one.kind for one in service.steps(ctx, run.run.id)}["again"] == "notebook"
    registered = studio.pipelines.components.register(tmp_path / "report.yml")
    assert (registered.reference, registered.kind) == ("report:1", "notebook")
    once_more = ended(ctx, studio.pipelines.submit(tmp_path / "pipeline.yml"))
    assert set(states(ctx, once_more).values()) == {"Reused"}
