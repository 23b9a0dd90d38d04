"""The registry through the unmodified MLflow client, and models without Studiolo."""

import subprocess
import sys
import textwrap
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException, RestException
from mlflow.models import infer_signature
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from studiolo.kernel.http import Transport
from studiolo.studio.models.client import Models
from tests.studio.live import Live

pytestmark = pytest.mark.slow
X = np.random.default_rng(0).normal(size=(50, 3))
Y = X @ [1.0, 2.0, 3.0]


def log(name: str | None = None) -> mlflow.models.model.ModelInfo:
    from sklearn.linear_model import LinearRegression

    with mlflow.start_run():
        return mlflow.sklearn.log_model(
            LinearRegression().fit(X, Y),
            name="model",
            registered_model_name=name,
            signature=infer_signature(X, Y),
            serialization_format="cloudpickle",
            pip_requirements=["scikit-learn"],
        )


def test_log_model_registers_and_loads_by_version_alias_and_run(tracked: Live) -> None:
    mlflow.set_experiment("registry")
    log("regression")
    info = log("regression")
    client = MlflowClient()
    client.set_registered_model_alias("regression", "champion", 1)
    for uri in ("models:/regression/2", "models:/regression@champion", "models:/regression/latest", info.model_uri):
        assert mlflow.pyfunc.load_model(uri).predict(X) == pytest.approx(Y)
    assert mlflow.pyfunc.load_model(f"runs:/{info.run_id}/model").predict(X) == pytest.approx(Y)
    found = client.get_model_version("regression", "2")
    assert (found.run_id, found.status) == (info.run_id, "READY")
    assert client.get_model_version_by_alias("regression", "champion").version == "1"
    assert client.get_registered_model("regression").aliases == {"champion": "1"}
    ours = Models(Transport(tracked.url, tracked.token)).version("regression:2")
    assert ours.signature is not None
    assert (ours.run_id, ours.model_id) == (info.run_id, info.model_id)
    assert "sklearn" in ours.flavors


def test_register_model_makes_the_next_version(tracked: Live) -> None:
    mlflow.set_experiment("registry")
    info = log()
    assert mlflow.register_model(info.model_uri, "by hand").version == "1"
    assert mlflow.register_model(f"runs:/{info.run_id}/model", "by hand").version == "2"
    copied = MlflowClient().copy_model_version("models:/by hand/1", "copied")
    assert mlflow.pyfunc.load_model(f"models:/copied/{copied.version}").predict(X) == pytest.approx(Y)


def test_search_tags_stages_and_deletion(tracked: Live) -> None:
    mlflow.set_experiment("registry")
    client = MlflowClient()
    log("a stage")
    log("a stage")
    client.set_registered_model_tag("a stage", "team", "blue")
    client.set_model_version_tag("a stage", "1", "checked", "yes")
    client.update_model_version("a stage", "1", description="the first")
    client.transition_model_version_stage("a stage", "1", "production")
    client.transition_model_version_stage("a stage", "2", "Production", archive_existing_versions=True)
    assert client.get_model_version("a stage", "1").current_stage == "Archived"
    assert [v.version for v in client.get_latest_versions("a stage", ["Production"])] == ["2"]
    assert [m.name for m in client.search_registered_models("tags.team = 'blue'")] == ["a stage"]
    assert [v.version for v in client.search_model_versions("name='a stage' and tags.checked = 'yes'")] == ["1"]
    Path("MLmodel").write_text("changed")
    files = get_artifact_repository(client.get_model_version_download_uri("a stage", "1"))
    with pytest.raises(Exception, match="never changes"):
        files.log_artifact("MLmodel")
    client.delete_model_version("a stage", "1")
    client.rename_registered_model("a stage", "renamed")
    assert mlflow.pyfunc.load_model("models:/renamed/2").predict(X) == pytest.approx(Y)
    client.delete_registered_model("renamed")
    with pytest.raises(RestException, match="not found") as caught:
        client.get_registered_model("renamed")
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_prompts_are_kept_apart_from_models(tracked: Live) -> None:
    log("not a prompt")
    mlflow.genai.register_prompt("greeting", "Hello {{name}}")
    assert mlflow.genai.load_prompt("greeting", version=1).template == "Hello {{name}}"
    assert [p.name for p in mlflow.genai.search_prompts()] == ["greeting"]
    assert "greeting" not in [m.name for m in MlflowClient().search_registered_models()]


def test_the_registry_refuses_in_mlflow_s_words(tracked: Live) -> None:
    client = MlflowClient()
    client.create_registered_model("taken")
    with pytest.raises(RestException) as caught:
        client.create_registered_model("taken")
    assert caught.value.error_code == "RESOURCE_ALREADY_EXISTS"
    for name in ("a/b", "..", ""):
        with pytest.raises(MlflowException):
            client.create_registered_model(name)
    with pytest.raises(MlflowException, match="source"):
        client.create_model_version("taken", "/etc/passwd")
    with pytest.raises(MlflowException):
        client.create_model_version("taken", "mlflow-artifacts:/../../etc")
    with pytest.raises(RestException, match="no MLmodel file"):
        client.create_model_version("taken", "mlflow-artifacts:/1/nothing/artifacts")
    with pytest.raises(RestException, match="reserved"):
        client._get_registry_client().store.set_registered_model_alias("taken", "latest", "1")
    outside = client.create_model_version("taken", "s3://bucket/model")
    assert client.get_model_version_download_uri("taken", outside.version) == "s3://bucket/model"


def test_a_downloaded_model_loads_without_studiolo(tracked: Live, tmp_path: Path) -> None:
    mlflow.set_experiment("registry")
    log("portable")
    folder = Models(Transport(tracked.url, tracked.token)).download("portable:1", tmp_path / "portable")
    program = textwrap.dedent(
        """
        import sys

        class Hidden:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] == "studiolo":
                    raise ModuleNotFoundError(f"No module named {name!r}")

        sys.meta_path.insert(0, Hidden())
        import mlflow.pyfunc
        import numpy as np

        X = np.random.default_rng(0).normal(size=(50, 3))
        print(float(abs(mlflow.pyfunc.load_model(sys.argv[1]).predict(X) - X @ [1.0, 2.0, 3.0]).max()) < 1e-9)
        assert not any(name.split(".")[0] == "studiolo" for name in sys.modules)
        """
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, str(folder)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.strip() == "True", done.stderr
