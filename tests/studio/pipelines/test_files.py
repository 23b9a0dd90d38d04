"""Pipelines and components as Azure ML writes them, from the file to the end of the run."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from typer.testing import Result

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Remote, StudioloError
from studiolo.sdk.studio import Studio
from studiolo.studio.pipelines import service
from tests.studio.pipelines.graphs import ended, states, text_of

TRAIN = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: train
display_name: Train a model
inputs:
  training_data:
    type: uri_folder
  rate:
    type: number
    min: 0
    max: 1
    default: 0.5
  note:
    type: string
    optional: true
outputs:
  model_output:
    type: mlflow_model
code: ./train_src
environment: azureml:studio
command: >-
  python train.py --data ${{inputs.training_data}} --rate ${{inputs.rate}} $[[--note ${{inputs.note}}]]
  --out ${{outputs.model_output}}
"""
SCRIPT = """
import argparse, pathlib
p = argparse.ArgumentParser()
for name in ("data", "rate", "note", "out"): p.add_argument("--" + name)
a = p.parse_args()
text = pathlib.Path(a.data, "data.csv").read_text()
pathlib.Path(a.out, "model.txt").write_text(f"{text.strip()}|{a.rate}|{a.note}")
"""
PIPELINE = """
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
display_name: two steps
experiment_name: from a file
settings:
  default_compute: azureml:local
  default_datestore: typo
inputs:
  raw:
    type: uri_folder
    path: ./data
  rate: 1e-1
outputs:
  trained:
jobs:
  prep:
    command: cp ${{inputs.raw}}/data.csv ${{outputs.prepared}}/data.csv
    inputs:
      raw: ${{parent.inputs.raw}}
    outputs:
      prepared:
  train:
    type: command
    component: file:./train.yml
    inputs:
      training_data: ${{parent.jobs.prep.outputs.prepared}}
      rate: ${{ parent.inputs.rate }}
    outputs:
      model_output: ${{parent.outputs.trained}}
    services:
      ssh:
        type: ssh
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train_src").mkdir()
    (tmp_path / "train_src" / "train.py").write_text(SCRIPT)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "data.csv").write_text("a,b\n")
    (tmp_path / "train.yml").write_text(TRAIN)
    (tmp_path / "pipeline.yml").write_text(PIPELINE)
    return tmp_path


def test_a_pipeline_of_a_file_runs_to_its_end(ctx: Context, studio: Studio, folder: Path) -> None:
    submitted = studio.pipelines.submit_file(folder / "pipeline.yml")
    assert any("settings.default_datestore" in one for one in submitted.warnings)
    assert any("train: 'services' is left out" in one for one in submitted.warnings)
    run = ended(ctx, submitted.run)
    assert run.run.state == "Completed", [one.error for one in service.steps(ctx, run.run.id)]
    assert (run.run.name, run.run.experiment) == ("two steps", "from a file")
    assert text_of(ctx, run, "train", "model.txt", "model_output") == "a,b|0.1|None"
    detail = studio.pipelines.step(run.run.id, "train")
    assert [(one.name, one.label) for one in detail.inputs] == [
        ("training_data", "output 'prepared' of prep"),
        ("rate", "0.1"),
    ]
    found = studio.pipelines.get(run.run.id)
    assert found.outputs["trained"].files == 1
    again = ended(ctx, studio.pipelines.submit(studio.pipelines.spec(run.run.id)))
    assert set(states(ctx, again).values()) == {"Reused"}


def test_a_changed_script_is_named(ctx: Context, studio: Studio, folder: Path) -> None:
    ended(ctx, studio.pipelines.submit(folder / "pipeline.yml"))
    (folder / "train_src" / "train.py").write_text(SCRIPT + "\n# another\n")
    again = ended(ctx, studio.pipelines.submit(folder / "pipeline.yml"))
    assert states(ctx, again) == {"prep": "Reused", "train": "Completed"}
    why = service.step(ctx, again.run.id, "train").reuse
    assert why is not None
    assert why.text == "Code: train.py changed."


def test_registered_components_have_versions_that_never_change(ctx: Context, studio: Studio, folder: Path) -> None:
    made = studio.pipelines.components.register(folder / "train.yml")
    assert (made.reference, made.latest) == ("train:1", True)
    assert studio.pipelines.components.register(folder / "train.yml").reference == "train:1"
    (folder / "train.yml").write_text(TRAIN.replace("default: 0.5", "default: 0.25"))
    assert studio.pipelines.components.register(folder / "train.yml").reference == "train:2"
    (folder / "train.yml").write_text(TRAIN.replace("default: 0.5", "default: 0.125") + "version: 2\n")
    with pytest.raises(Remote, match="'train:2' exists, with another content"):
        studio.pipelines.components.register(folder / "train.yml")
    text = PIPELINE.replace("file:./train.yml", "azureml:train@latest").replace(
        "      rate: ${{ parent.inputs.rate }}\n", ""
    )
    (folder / "pipeline.yml").write_text(text)
    run = ended(ctx, studio.pipelines.submit(folder / "pipeline.yml"))
    assert text_of(ctx, run, "train", "model.txt", "model_output") == "a,b|0.25|None"
    assert service.steps(ctx, run.run.id)[1].component == "train:2"
    studio.pipelines.components.archive("train:2")
    assert studio.pipelines.components.get("train").version == "1"
    assert studio.pipelines.components.get("train:2").archived


@pytest.mark.parametrize(
    ("change", "said", "field"),
    [
        (
            ("parent.jobs.prep.outputs.prepared", "parent.jobs.pep.outputs.prepared"),
            "there is no step 'pep'",
            "train.inputs.training_data",
        ),
        (
            ("parent.jobs.prep.outputs.prepared", "parent.jobs.prep.outputs.nope"),
            "step 'prep' has no output 'nope'",
            "train.inputs.training_data",
        ),
        (
            ("parent.inputs.raw}}", "parent.jobs.train.outputs.model_output}}"),
            "in a circle: prep → train → prep",
            "prep.inputs",
        ),
        (
            ("      training_data: ${{parent.jobs.prep.outputs.prepared}}\n", ""),
            "'training_data' of step 'train' is given nothing",
            "train.inputs.training_data",
        ),
        (("${{ parent.inputs.rate }}", "fast"), "'fast' is not a number", "train.inputs.rate"),
        (("rate: 1e-1", "rate: 7"), "Input 'rate': 7 is more than 1", ""),
        (
            ("training_data: ${{parent.jobs.prep.outputs.prepared}}", "training_data: ${{parent.inputs.rate}}"),
            "is a uri_folder, and",
            "train.inputs.training_data",
        ),
        (
            ("${{parent.outputs.trained}}", "${{parent.outputs.other}}"),
            "'other', which is no output of the pipeline",
            "train.outputs.model_output",
        ),
        (("azureml:local", "azureml:moon"), "moon", "prep.compute"),
    ],
)
def test_what_is_wrong_is_said_with_step_and_field(
    ctx: Context, studio: Studio, folder: Path, change: tuple[str, str], said: str, field: str
) -> None:
    assert change[0] in PIPELINE
    (folder / "pipeline.yml").write_text(PIPELINE.replace(*change))
    if not field:  # known only when the value is looked at
        run = ended(ctx, studio.pipelines.submit(folder / "pipeline.yml"))
        assert said in (run.run.error or "")
        return
    with pytest.raises(Remote) as refused:
        studio.pipelines.submit(folder / "pipeline.yml")
    assert said in str(refused.value)
    assert refused.value.field == f"graph.steps.{field}"
    assert studio.pipelines.list() == []


def test_all_that_cannot_be_read_is_said_at_once(studio: Studio, folder: Path, cli: Callable[..., Result]) -> None:
    (folder / "bad.yml").write_text("name: [unclosed\n")
    (folder / "inner.yml").write_text("type: pipeline\nname: inner\njobs:\n  deep: {command: ls, code: ./none}\n")
    (folder / "pipeline.yml").write_text(
        """
type: pipeline
inputs:
  raw: {type: uri_folder, path: ./nowhere}
settings: {default_compute: "${{parent.inputs.x}}"}
jobs:
  missing: {component: ./absent.yml}
  broken: {component: ./bad.yml}
  code: {command: ls, code: ./no_such_folder, outputs: {out: {type: strange}}}
  data:
    command: ls ${{inputs.a}} ${{inputs.b}}
    inputs: {a: {type: uri_file, path: ./a.csv}, b: {type: uri_file, path: ./b.csv}}
  nested: {component: ./inner.yml}
  good: {command: ls}
  learn: {type: automl, task: forecasting, target_column_name: y}
"""
    )
    found = studio.pipelines.check_file(folder / "pipeline.yml")
    assert {(one.step, one.field) for one in found.problems} == {
        ("", "inputs.raw"),
        ("", "settings.default_compute"),
        ("missing", "component"),
        ("broken", "component"),
        ("code", "code"),
        ("code", "outputs.out"),
        ("data", "inputs.a"),
        ("data", "inputs.b"),
        ("nested/deep", "code"),
        ("learn", "task"),
    }
    said = cli("pipelines", "submit", str(folder / "pipeline.yml"), "--check")
    assert said.exit_code == 1
    for word in ("absent.yml", "bad.yml", "no_such_folder", "nested/deep"):
        assert word in said.output
    with pytest.raises(StudioloError, match="9 more problems"):
        studio.pipelines.submit(folder / "pipeline.yml")


def test_a_step_that_is_written_twice_is_refused(studio: Studio, folder: Path) -> None:
    (folder / "pipeline.yml").write_text(PIPELINE + "  prep:\n    command: ls\n")
    with pytest.raises(StudioloError, match="has the step 'prep' twice"):
        studio.pipelines.submit(folder / "pipeline.yml")


def test_apply_and_submit_take_pipelines_and_components(
    ctx: Context, cli: Callable[..., Result], studio: Studio, folder: Path
) -> None:
    done = cli("apply", "-f", str(folder / "train.yml"), "-f", str(folder / "pipeline.yml"))
    assert done.exit_code == 0, done.output
    done = cli("submit", str(folder / "pipeline.yml"), "--set", "inputs.rate=0.75", "-o", "json")
    assert done.exit_code == 0, done.output
    newest = studio.pipelines.list()[0]
    run = ended(ctx, newest)
    assert text_of(ctx, run, "train", "model.txt", "model_output") == "a,b|0.75|None"
    shown = cli("pipelines", "steps", run.run.id)
    assert shown.exit_code == 0
    assert "train" in shown.output
    for words in (("list",), ("show", run.run.id), ("step", run.run.id, "train"), ("components", "list")):
        assert cli("pipelines", *words).exit_code == 0, words
    checked = cli("pipelines", "submit", str(folder / "pipeline.yml"), "--check")
    assert "prep → train" in checked.output


def test_nested_pipelines_conditions_and_fan_outs_of_a_file(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "inner.yml").write_text(
        dedent("""
        $schema: https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json
        name: inner
        inputs: {word: {type: string}, where: {type: string, default: local}}
        outputs: {said: {type: uri_file}}
        jobs:
          say:
            command: echo ${{inputs.word}} > ${{outputs.said}}
            compute: ${{parent.inputs.where}}
            inputs: {word: "${{parent.inputs.word}}"}
            outputs: {said: {type: uri_file, path: "${{parent.outputs.said}}"}}
        """)
    )
    (tmp_path / "outer.yml").write_text(
        dedent("""
        type: pipeline
        inputs: {word: hello, deep: true}
        jobs:
          nested:
            type: pipeline
            component: ./inner.yml
            limits: {timeout: 60}
            inputs: {word: "${{parent.inputs.word}}"}
          flag:
            command: echo true > ${{outputs.yes}}
            outputs: {yes: {type: boolean}}
          choose:
            type: if_else
            condition: ${{parent.jobs.flag.outputs.yes}}
            true_block: ${{parent.jobs.chosen}}
            false_block: ${{parent.jobs.other}}
          chosen:
            command: cat ${{inputs.a}}
            inputs: {a: "${{parent.jobs.nested.outputs.said}}"}
          other: {command: exit 1}
          each:
            type: parallel_for
            body: ${{parent.jobs.one}}
            items: [{n: 1}, {n: 2}, {n: 3}]
            max_concurrency: 2
          one:
            command: echo $(( ${{inputs.n}} * 10 )) > ${{outputs.out}}/f.txt
            inputs: {n: 0}
            outputs: {out: }
          sum:
            command: cat ${{inputs.all}}/*/f.txt > ${{outputs.out}}/f.txt
            inputs: {all: "${{parent.jobs.each.outputs.out}}"}
            outputs: {out: }
        """)
    )
    submitted = studio.pipelines.submit_file(tmp_path / "outer.yml")
    assert any("nested: 'limits.timeout' is left out" in one for one in submitted.warnings)
    run = ended(ctx, submitted.run)
    assert run.run.state == "Completed", [(one.path, one.error) for one in service.steps(ctx, run.run.id)]
    found = states(ctx, run)
    assert found["nested/say"] == found["each/2"] == found["chosen"] == "Completed"
    assert found["other"] == "Skipped"
    assert text_of(ctx, run, "sum") == "10\n20\n30\n"
    assert (run.counts.total, run.counts.skipped) == (9, 1)
    again = ended(ctx, studio.pipelines.submit(tmp_path / "outer.yml"))
    assert states(ctx, again)["sum"] == states(ctx, again)["each/1"] == "Reused"


def test_a_step_asks_for_nodes_instead_of_its_component(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "train.yml").write_text(
        "name: train\ncommand: echo $NODE_RANK of $WORLD_SIZE\n"
        "environment: azureml:studio\ndistribution: {type: pytorch, process_count_per_instance: 1}\n"
    )
    (tmp_path / "pipeline.yml").write_text(
        dedent("""
        type: pipeline
        jobs:
          two: {component: ./train.yml, resources: {instance_count: 2}}
          four: {component: ./train.yml, distribution: {type: pytorch, process_count_per_instance: 4}}
          alone: {component: ./train.yml}
        """)
    )
    submitted = studio.pipelines.submit_file(tmp_path / "pipeline.yml")
    assert submitted.warnings == []
    run = ended(ctx, submitted.run, 60)
    found = {one.path: one for one in service.steps(ctx, run.run.id)}
    assert run.run.state == "Completed", {path: one.error for path, one in found.items()}

    def said(path: str) -> list[str]:
        return sorted(studio.experiments.log(str(found[path].run_id)).text.splitlines())[:4]

    assert said("two")[:2] == ["[node 0] 0 of 2", "[node 1] 1 of 2"]
    assert (said("four"), said("alone")) == (["0 of 4"] * 4, ["0 of 1"])


def test_nodes_of_a_step_that_cannot_be_are_named(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "train.yml").write_text("name: train\ncommand: echo x\ndistribution: {type: pytorch}\n")
    (tmp_path / "pipeline.yml").write_text(
        "type: pipeline\njobs:\n  two: {component: ./train.yml, resources: {instance_count: many}}\n"
    )
    with pytest.raises(StudioloError, match=r"Step 'two': .*nodes"):
        studio.pipelines.submit_file(tmp_path / "pipeline.yml")


def test_an_input_that_is_set_stays_within_what_it_is_declared_with(studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / "p.yml"
    file.write_text(
        """
type: pipeline
inputs: {k: {type: string, enum: [a, b], default: a}, n: {type: integer, min: 1, max: 3}}
jobs: {one: {command: "echo ${{inputs.k}}", inputs: {k: "${{parent.inputs.k}}"}}}
"""
    )
    with pytest.raises(StudioloError, match="'z' is none of its values"):
        studio.pipelines.submit(file, inputs__k="z", inputs__n=2)
    with pytest.raises(StudioloError, match="9 is more than 3"):
        studio.pipelines.submit(file, inputs__n=9)
    run = studio.pipelines.submit(file, inputs__k="b", inputs__n=2)
    assert studio.pipelines.get(run.run.id).values == {"k": "b", "n": 2}
