"""Logged models, the registry, prompts."""

import tempfile
from pathlib import Path

import mlflow
import numpy as np
from base import VERSION, X, Y, call, client, everything, experiment, log_model, refused, three


@call
def log_model_and_load_it_everywhere() -> None:
    experiment("models")
    name = f"everywhere {VERSION}"
    with mlflow.start_run() as run:
        log_model(name)
    client.set_registered_model_alias(name, "champion", "1")
    uris = [f"models:/{name}/1", f"models:/{name}@champion", f"models:/{name}/latest", f"runs:/{run.info.run_id}/model"]
    for uri in uris:
        assert np.allclose(mlflow.pyfunc.load_model(uri).predict(X), Y), uri
    assert np.allclose(mlflow.sklearn.load_model(uris[0]).predict(X), Y)
    with tempfile.TemporaryDirectory() as here:
        assert Path(mlflow.artifacts.download_artifacts(uris[1], dst_path=here), "MLmodel").exists()
    assert mlflow.models.get_model_info(uris[0]).signature is not None


@three
def logged_models_by_id() -> None:
    number = experiment("logged models")
    with mlflow.start_run() as run:
        made = log_model()
        mlflow.log_metric("rmse", 0.1, step=1, model_id=made.model_id)
    found = client.get_logged_model(made.model_id)
    assert (str(found.status), found.source_run_id) == ("READY", run.info.run_id)
    assert np.allclose(mlflow.pyfunc.load_model(f"models:/{made.model_id}").predict(X), Y)
    client.set_logged_model_tags(made.model_id, {"a": "b"})
    client.delete_logged_model_tag(made.model_id, "a")
    assert [m.model_id for m in client.search_logged_models([number], "metrics.rmse < 1")] == [made.model_id]
    assert client.list_logged_model_artifacts(made.model_id)
    outputs = client.get_run(run.info.run_id).outputs.model_outputs
    assert [output.model_id for output in outputs] == [made.model_id]
    client.delete_logged_model(made.model_id)
    assert client.search_logged_models([number]) == []


@three
def logged_models_page() -> None:
    number = experiment("pages of models")
    for n in range(7):
        assert mlflow.create_external_model(name=f"m{n}", params={"n": str(n)}).model_id.startswith("m-")
    order = [{"field_name": "name", "ascending": True}]
    found = everything(client.search_logged_models, experiment_ids=[number], max_results=3, order_by=order)
    assert [model.name for model in found] == [f"m{n}" for n in range(7)]


@three
def runs_name_models_as_input_and_output() -> None:
    from mlflow.entities import LoggedModelInput, LoggedModelOutput

    number = experiment("model inputs")
    model = client.create_logged_model(number, name="net")
    client.finalize_logged_model(model.model_id, "READY")
    run_id = client.create_run(number).info.run_id
    client.log_inputs(run_id, models=[LoggedModelInput(model.model_id)])
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 4)])
    run = client.get_run(run_id)
    assert run.inputs.model_inputs[0].model_id == run.outputs.model_outputs[0].model_id == model.model_id


@call
def the_registry_pages_and_filters() -> None:
    for n in range(5):
        client.create_registered_model(f"page{n} {VERSION}", tags={"n": str(n)}, description="d")
    options = {"filter_string": f"name LIKE 'page% {VERSION}'", "max_results": 2, "order_by": ["name DESC"]}
    found = everything(client.search_registered_models, **options)
    assert [model.name for model in found] == [f"page{n} {VERSION}" for n in (4, 3, 2, 1, 0)]
    for n in range(5):
        client.create_model_version(f"page0 {VERSION}", f"s3://bucket/{n}", tags={"n": str(n)})
    options = {"filter_string": f"name = 'page0 {VERSION}'", "max_results": 2, "order_by": ["version_number ASC"]}
    assert [int(v.version) for v in everything(client.search_model_versions, **options)] == [1, 2, 3, 4, 5]
    assert client.get_model_version_download_uri(f"page0 {VERSION}", "2") == "s3://bucket/1"


@call
def registered_models_change() -> None:
    name = f"changes {VERSION}"
    client.create_registered_model(name)
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model(name))
    client.update_registered_model(name, description="new")
    client.set_registered_model_tag(name, "team", "blue")
    found = client.get_registered_model(name)
    assert (found.description, found.tags) == ("new", {"team": "blue"})
    client.delete_registered_model_tag(name, "team")
    client.rename_registered_model(name, f"{name} b")
    client.delete_registered_model(f"{name} b")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model(name))


@call
def versions_have_tags_stages_aliases() -> None:
    name = f"stages {VERSION}"
    client.create_registered_model(name)
    for n in range(3):
        client.create_model_version(name, f"s3://bucket/{n}", description=str(n))
    client.set_model_version_tag(name, "1", "ok", "yes")
    client.update_model_version(name, "1", description="first")
    client.transition_model_version_stage(name, "1", "Production")
    client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)
    assert client.get_model_version(name, "1").current_stage == "Archived"
    assert [int(v.version) for v in client.get_latest_versions(name, ["Production"])] == [2]
    client.set_registered_model_alias(name, "best", "2")
    assert int(client.get_model_version_by_alias(name, "best").version) == 2
    client.delete_registered_model_alias(name, "best")
    refused("INVALID_PARAMETER_VALUE", lambda: client.get_model_version_by_alias(name, "best"))
    client.delete_model_version_tag(name, "1", "ok")
    client.delete_model_version(name, "3")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version(name, "3"))


@call
def register_a_model_of_a_run_and_copy_it() -> None:
    experiment("register")
    name = f"by hand {VERSION}"
    with mlflow.start_run() as run:
        log_model()
    assert int(mlflow.register_model(f"runs:/{run.info.run_id}/model", name).version) == 1
    assert int(mlflow.register_model(f"runs:/{run.info.run_id}/model", name).version) == 2
    copied = client.copy_model_version(f"models:/{name}/1", f"{name} copied")
    assert np.allclose(mlflow.pyfunc.load_model(f"models:/{name} copied/{copied.version}").predict(X), Y)


@three
def prompts() -> None:
    genai = mlflow.genai
    genai.register_prompt("greeting", "Hello {{name}}", commit_message="first", tags={"lang": "en"})
    genai.register_prompt("greeting", "Hi {{name}}")
    assert genai.load_prompt("greeting", version=1).format(name="you") == "Hello you"
    genai.set_prompt_alias("greeting", alias="live", version=2)
    assert genai.load_prompt("prompts:/greeting@live").template == "Hi {{name}}"
    assert [prompt.name for prompt in genai.search_prompts()] == ["greeting"]
    assert "greeting" not in [model.name for model in client.search_registered_models()]
    genai.delete_prompt_alias("greeting", alias="live")
    genai.set_prompt_tag("greeting", "k", "v")
