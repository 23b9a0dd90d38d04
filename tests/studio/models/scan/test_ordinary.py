"""What people train with ordinary libraries raises no alarm."""

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import cloudpickle
import joblib
import lightgbm
import numpy as np
import pandas as pd
import pytest
import scipy.stats
import skops.io
from sklearn import (
    calibration,
    cluster,
    compose,
    decomposition,
    ensemble,
    feature_selection,
    impute,
    linear_model,
    model_selection,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
)
from sklearn.feature_extraction.text import TfidfVectorizer

from tests.studio.models.scan.looking import bad, look

rng = np.random.default_rng(0)
X = rng.random((60, 4))
Y = (X[:, 0] > 0.5).astype(int)
FRAME = pd.DataFrame(X, columns=list("abcd")).assign(t=["x", "y"] * 30)
COLUMNS = compose.ColumnTransformer(
    [
        ("n", pipeline.make_pipeline(impute.SimpleImputer(), preprocessing.StandardScaler()), ["a", "b"]),
        ("c", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["t"]),
    ]
)
MODELS: dict[str, Any] = {
    "pipeline": pipeline.make_pipeline(COLUMNS, linear_model.LogisticRegression()).fit(FRAME, Y),
    "forest": ensemble.RandomForestClassifier(4).fit(X, Y),
    "histogram": ensemble.HistGradientBoostingClassifier(max_iter=3).fit(X, Y),
    "boosting": ensemble.GradientBoostingRegressor(n_estimators=3).fit(X, Y),
    "tree of neighbours": neighbors.KNeighborsClassifier(algorithm="kd_tree").fit(X, Y),
    "svc": calibration.CalibratedClassifierCV(svm.LinearSVC()).fit(X, Y),
    "net": pipeline.make_pipeline(
        preprocessing.FunctionTransformer(np.log1p),
        feature_selection.SelectKBest(feature_selection.f_classif, k=2),
        neural_network.MLPClassifier(max_iter=2),
    ).fit(X, Y),
    "search": model_selection.RandomizedSearchCV(
        linear_model.LogisticRegression(),
        {"C": scipy.stats.uniform(0.1, 2)},
        n_iter=2,
        scoring="roc_auc",
        random_state=1,
    ).fit(X, Y),
    "text": pipeline.make_pipeline(TfidfVectorizer(), linear_model.SGDClassifier()).fit(["aa bb", "cc dd"], [0, 1]),
    "stack": ensemble.StackingClassifier([("a", naive_bayes.GaussianNB()), ("b", svm.SVC())]).fit(X, Y),
    "groups": cluster.KMeans(2).fit(X),
    "axes": decomposition.PCA(2).fit(X),
    "lightgbm": lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(X, Y),
    "booster": lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(X, Y).booster_,
    "frame": FRAME.assign(day=pd.Timestamp("2026-01-01"), kind=pd.Categorical(["k"] * 60)),
}


@pytest.mark.parametrize("name", MODELS)
def test_no_alarm(tmp_path: Path, name: str) -> None:
    model = MODELS[name]
    for protocol in (2, 5):
        _is_clean(look(tmp_path, "model.pkl", pickle.dumps(model, protocol)))
    _is_clean(look(tmp_path, "model.pkl", cloudpickle.dumps(model)))
    for compress in (0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3)):
        joblib.dump(model, tmp_path / "saved", compress=compress)
        _is_clean(look(tmp_path, "model.joblib", (tmp_path / "saved").read_bytes()))


def _is_clean(report: dict[str, Any]) -> None:
    assert [found for found in report["findings"] if found["grade"] != "safe"] == []
    assert report["unreadable"] == []
    assert (report["verdict"], report["pickles"]) == ("clean", 1)


@pytest.mark.parametrize("name", ["pipeline", "forest", "lightgbm", "search"])
def test_skops_files_are_read_without_loading(tmp_path: Path, name: str) -> None:
    report = look(tmp_path, "model.skops", skops.io.dumps(MODELS[name]))
    assert report["verdict"] == "clean", report
    assert "names types" in report["notes"][0]


def test_a_skops_file_with_a_command_is_dangerous(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        tree = {
            "__module__": "sklearn.svm",
            "__class__": "SVC",
            "content": {"a": {"__module__": "os", "__class__": "system"}},
        }
        archive.writestr("schema.json", json.dumps(tree))
    assert bad(look(tmp_path, "model.skops", packed.getvalue())) == ["os.system"]


def test_files_that_only_hold_numbers_are_clean(tmp_path: Path) -> None:
    head = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    report = look(tmp_path, "m.safetensors", len(head).to_bytes(8, "little") + head + bytes(4))
    assert (report["verdict"], report["pickles"]) == ("clean", 0)
    assert "nothing that could run" in report["notes"][0]
    for name, text in (
        ("requirements.txt", b"numpy\n"),
        ("model.txt", b"tree\nversion=v4\n"),
        ("card.md", b"class of\nits own\n"),
    ):
        assert look(tmp_path, name, text)["verdict"] == "clean"


def test_a_user_s_own_class_is_unknown_not_dangerous(tmp_path: Path) -> None:
    report = look(tmp_path, "m.pkl", b"\x80\x02cshop.models\nBasket\n)\x81}X\x01\x00\x00\x00aK\x01sb.")
    assert (report["verdict"], report["findings"][0]["what"]) == ("unknown", "shop.models.Basket")
    bound = (
        b"\x80\x04cbuiltins\ngetattr\ncshop.models\nKind\n\x8c\x03RED\x86R."  # how Python 3.11 pickles an enum's member
    )
    assert look(tmp_path, "m.pkl", bound)["verdict"] == "unknown"


def test_torch_files_of_tensors_are_clean(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        stream = (
            b"\x80\x02ccollections\nOrderedDict\n)R(X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n"
            b"((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x02tQ"
            b"K\x00K\x02\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtRu."
        )
        archive.writestr("m/data.pkl", stream)
        archive.writestr("m/data/0", b"\x80\x04cos\nsystem\n")
    report = look(tmp_path, "model.pt", packed.getvalue())
    assert (report["verdict"], report["pickles"]) == ("clean", 1)


def test_onnx_files_name_what_is_outside(tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    tensor = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
    graph = helper.make_graph(
        [helper.make_node("Shout", ["w"], ["y"], domain="acme")],
        "g",
        [],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
        [tensor],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid("acme", 1)])
    report = look(tmp_path, "model.onnx", model.SerializeToString())
    assert (report["verdict"], report["findings"][0]["what"]) == ("unknown", "operators of acme")
    outside = model.graph.initializer[0]
    outside.ClearField("float_data")
    outside.data_location = TensorProto.EXTERNAL
    outside.external_data.add(key="location", value="../../etc/passwd")
    assert bad(look(tmp_path, "model.onnx", model.SerializeToString())) == ["data at ../../etc/passwd"]
    assert isinstance(model, onnx.ModelProto)
    assert look(tmp_path, "model.onnx", b"no protobuf")["verdict"] == "unreadable"


def test_python_and_lambdas_are_told(tmp_path: Path) -> None:
    assert look(tmp_path, "code/a.py", b"x = 1\n")["verdict"] == "unknown"
    keras = b"\x89HDF\r\n\x1a\n" + bytes(500) + b'{"class_name": "Lambda", "config": {}}'
    assert look(tmp_path, "model.h5", keras)["findings"][0]["what"] == "Keras Lambda layer"
    loader = b"flavors:\n  python_function:\n    loader_module: os\n"
    assert bad(look(tmp_path, "MLmodel", loader)) == ["loader os"]
    assert look(tmp_path, "MLmodel", loader.replace(b"os", b"mlflow.sklearn"))["verdict"] == "clean"
