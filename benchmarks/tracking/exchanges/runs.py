"""Requests about experiments and runs."""

from collections.abc import Iterator

from exchanges.case import Case, get, post, tag


def experiments() -> Iterator[Case]:
    """Experiments."""
    default = {"default": "experiment.experiment_id"}
    yield Case("experiment default", "GET", "mlflow/experiments/get", query={"experiment_id": "0"}, keep=default)
    yield post(
        "experiment create", "experiments/create", {"name": "alpha", "tags": [tag("team", "blue")]}, exp="experiment_id"
    )
    yield post("experiment create second", "experiments/create", {"name": "beta"}, exp2="experiment_id")
    yield post("experiment create again", "experiments/create", {"name": "alpha"})
    yield post("experiment create without name", "experiments/create")
    yield post("experiment create empty name", "experiments/create", {"name": ""})
    yield post("experiment create number name", "experiments/create", {"name": 5})
    yield post("experiment create long name", "experiments/create", {"name": "x" * 501})
    yield post("experiment create tags wrong", "experiments/create", {"name": "y", "tags": "x"})
    yield post(
        "experiment create location query",
        "experiments/create",
        {"name": "y", "artifact_location": "s3://b/a?x=1"},
        exp4="experiment_id",
    )
    yield post(
        "experiment create location fragment", "experiments/create", {"name": "z", "artifact_location": "s3://b/a#x"}
    )
    yield post(
        "experiment create unknown field",
        "experiments/create",
        {"name": "unknown field", "nothing": 5},
        exp3="experiment_id",
    )
    yield get("experiment get", "experiments/get", experiment_id="$exp")
    yield get("experiment get unknown", "experiments/get", experiment_id="999")
    yield get("experiment get text", "experiments/get", experiment_id="abc")
    yield get("experiment get missing", "experiments/get")
    yield get("experiment get-by-name", "experiments/get-by-name", experiment_name="alpha")
    yield get("experiment get-by-name unknown", "experiments/get-by-name", experiment_name="nobody")
    yield get("experiment get-by-name missing", "experiments/get-by-name")
    yield post("experiment set tag", "experiments/set-experiment-tag", {"experiment_id": "$exp", **tag("k")})
    yield post(
        "experiment set tag long key", "experiments/set-experiment-tag", {"experiment_id": "$exp", **tag("k" * 251)}
    )
    yield post(
        "experiment set tag long value",
        "experiments/set-experiment-tag",
        {"experiment_id": "$exp", **tag("k", "v" * 20001)},
    )
    yield post("experiment set tag no key", "experiments/set-experiment-tag", {"experiment_id": "$exp", "value": "x"})
    yield post("experiment set tag unknown", "experiments/set-experiment-tag", {"experiment_id": "999", **tag("k")})
    yield post("experiment delete tag", "experiments/delete-experiment-tag", {"experiment_id": "$exp", "key": "k"})
    yield post(
        "experiment delete tag again", "experiments/delete-experiment-tag", {"experiment_id": "$exp", "key": "k"}
    )
    yield post("experiment rename", "experiments/update", {"experiment_id": "$exp2", "new_name": "gamma"})
    yield post("experiment rename taken", "experiments/update", {"experiment_id": "$exp2", "new_name": "alpha"})
    yield post("experiment rename without", "experiments/update", {"experiment_id": "$exp2"})
    yield post("experiment delete", "experiments/delete", {"experiment_id": "$exp2"})
    yield post("experiment delete again", "experiments/delete", {"experiment_id": "$exp2"})
    yield post("experiment create deleted name", "experiments/create", {"name": "gamma"})
    yield post("experiment restore", "experiments/restore", {"experiment_id": "$exp2"})
    yield post("experiment restore again", "experiments/restore", {"experiment_id": "$exp2"})
    yield post("experiment delete unknown", "experiments/delete", {"experiment_id": "999"})
    filters = (
        "", "name = 'alpha'", "name != 'alpha'", "name LIKE 'a%'", "name ILIKE 'A%'", "tags.team = 'blue'", "tags.team != 'red'",
        "tags.team IS NULL", "tags.team IS NOT NULL", "tag.team LIKE 'b%'", "attribute.name = 'alpha'", "creation_time > 0",
        "name = 'alpha' AND tags.team = 'blue'", "name = alpha", "nothing = 'x'", "params.x = '1'", "name > 'a'",
        "creation_time = 'x'", "name = 'alpha' OR name = 'gamma'", "name =", "name IN ('alpha', 'gamma')", "metrics.a > 1",
        'tags.`team` = "blue"', "name = 5", "last_update_time >= 0", "name LIKE 'Alpha'", "experiment_id = '1'",
    )  # fmt: skip
    for text in filters:
        body = {"max_results": 10, "filter": text, "order_by": ["name ASC"]}
        yield post(f"experiment search {text!r}", "experiments/search", body)
    for clause in (
        "name",
        "name DESC",
        "experiment_id ASC",
        "creation_time",
        "last_update_time DESC",
        "x",
        "name UP",
        "tags.team",
        "attribute.name",
        "",
    ):
        yield post(f"experiment order {clause!r}", "experiments/search", {"max_results": 10, "order_by": [clause]})
    for value in (0, -1, 50_001, "x", None, 1.5, 50_000):
        yield post(
            f"experiment max_results {value!r}", "experiments/search", {"max_results": value, "order_by": ["name"]}
        )
    for value in ("DELETED_ONLY", "ALL", "SOME", 2, 1):
        yield post(
            f"experiment view {value!r}",
            "experiments/search",
            {"max_results": 5, "view_type": value, "order_by": ["name"]},
        )
    yield post("experiment page token wrong", "experiments/search", {"max_results": 5, "page_token": "abc"})
    yield get("experiment search GET", "experiments/search", max_results=10, order_by="name")


def runs() -> Iterator[Case]:
    """Runs and what is recorded on them."""
    yield post(
        "run create scratch",
        "runs/create",
        {"experiment_id": "$exp3", "run_name": "scratch"},
        scratch="run.info.run_id",
    )
    base = {"experiment_id": "$exp", "start_time": 1_700_000_000_000, "user_id": "me"}
    yield post("run create", "runs/create", {**base, "run_name": "one", "tags": [tag("t", "1")]}, one="run.info.run_id")
    yield post(
        "run create two",
        "runs/create",
        {**base, "run_name": "two", "start_time": 1_700_000_001_000},
        two="run.info.run_id",
    )
    yield post(
        "run create nan",
        "runs/create",
        {**base, "run_name": "nan", "start_time": 1_700_000_002_000},
        nan="run.info.run_id",
    )
    yield post(
        "run create none",
        "runs/create",
        {**base, "run_name": "none", "start_time": 1_700_000_003_000},
        none="run.info.run_id",
    )
    yield post(
        "run create inf",
        "runs/create",
        {**base, "run_name": "inf", "start_time": 1_700_000_004_000},
        inf="run.info.run_id",
    )
    yield post("run create two names", "runs/create", {**base, "run_name": "a", "tags": [tag("mlflow.runName", "b")]})
    yield post("run create unknown experiment", "runs/create", {"experiment_id": "999"})
    yield post("run create number experiment", "runs/create", {"experiment_id": 3})
    yield post("run create bad tag", "runs/create", {"experiment_id": "$exp3", "tags": [tag("../x")]})
    yield post("run create tag long", "runs/create", {"experiment_id": "$exp3", "tags": [tag("x" * 251)]})
    yield post("run create tags no key", "runs/create", {"experiment_id": "$exp3", "tags": [{"value": "x"}]})
    yield post("run create time text", "runs/create", {**base, "start_time": "soon"})
    yield get("run get", "runs/get", run_id="$one")
    yield get("run get uuid", "runs/get", run_uuid="$one")
    yield get("run get unknown", "runs/get", run_id="f" * 32)
    yield get("run get odd id", "runs/get", run_id="../x")
    yield get("run get missing", "runs/get")
    metric = {"run_id": "$one", "key": "m", "timestamp": 1}
    odd = {**metric, "run_id": "$scratch"}
    yield post("metric", "runs/log-metric", {**metric, "value": 1.0, "step": 3})
    yield post("metric same", "runs/log-metric", {**metric, "value": 1.0, "step": 3})
    yield post("metric lower step", "runs/log-metric", {**metric, "value": 9.0, "step": 2})
    yield post("metric text value", "runs/log-metric", {**metric, "key": "text", "value": "0.5"})
    yield post("metric 2", "runs/log-metric", {**metric, "run_id": "$two", "value": 2})
    yield post("metric NaN", "runs/log-metric", {**metric, "run_id": "$nan", "value": "NaN"})
    yield post("metric Infinity", "runs/log-metric", {**metric, "run_id": "$inf", "key": "i", "value": "Infinity"})
    yield post("metric -Infinity", "runs/log-metric", {**metric, "run_id": "$inf", "key": "j", "value": "-Infinity"})
    yield post("metric bad value", "runs/log-metric", {**odd, "value": "x"})
    yield post("metric true", "runs/log-metric", {**odd, "value": True})
    yield post("metric no value", "runs/log-metric", metric)
    yield post("metric no key", "runs/log-metric", {"run_id": "$one", "value": 1, "timestamp": 1})
    yield post("metric empty key", "runs/log-metric", {**odd, "key": "", "value": 1})
    yield post("metric no timestamp", "runs/log-metric", {"run_id": "$one", "key": "m", "value": 1})
    yield post("metric no run", "runs/log-metric", {"key": "m", "value": 1, "timestamp": 1})
    yield post("metric negative time", "runs/log-metric", {**odd, "key": "old", "value": 1, "timestamp": -1})
    yield post("metric step text", "runs/log-metric", {**odd, "value": 1, "step": "x"})
    yield post("metric step float", "runs/log-metric", {**odd, "value": 1, "step": 1.5})
    yield post("metric step huge", "runs/log-metric", {**odd, "value": 1, "step": 2**63})
    yield post("metric odd key", "runs/log-metric", {**odd, "key": "a*b", "value": 1})
    yield post("metric path key", "runs/log-metric", {**odd, "key": "../b", "value": 1})
    yield post("metric long key", "runs/log-metric", {**odd, "key": "k" * 251, "value": 1})
    yield post("metric unknown run", "runs/log-metric", {**metric, "run_id": "f" * 32, "value": 1})
    param = {"run_id": "$one", "key": "p"}
    yield post("param", "runs/log-parameter", {**param, "value": "Value one"})
    yield post("param same", "runs/log-parameter", {**param, "value": "Value one"})
    yield post("param changed", "runs/log-parameter", {**param, "value": "2"})
    yield post("param number", "runs/log-parameter", {**param, "key": "q", "value": 7})
    yield post("param no value", "runs/log-parameter", {**param, "key": "empty"})
    yield post("param no key", "runs/log-parameter", {"run_id": "$one", "value": "1"})
    yield post("param long", "runs/log-parameter", {**param, "key": "long", "value": "x" * 7000})
    yield post("param long key", "runs/log-parameter", {**param, "key": "x" * 251, "value": "1"})
    yield post("param two", "runs/log-parameter", {**param, "run_id": "$two", "value": "Value two"})
    yield post("param nan", "runs/log-parameter", {**param, "run_id": "$nan", "value": "value nan"})
    yield post("tag", "runs/set-tag", {"run_id": "$one", **tag("note", "größer")})
    yield post("tag again", "runs/set-tag", {"run_id": "$one", **tag("note", "other")})
    yield post("tag long value", "runs/set-tag", {"run_id": "$one", **tag("long", "y" * 9000)})
    yield post("tag no key", "runs/set-tag", {"run_id": "$one", "value": "x"})
    yield post("tag no value", "runs/set-tag", {"run_id": "$one", "key": "novalue"})
    yield post("tag number", "runs/set-tag", {"run_id": "$one", "key": "x", "value": 5})
    yield post("tag run_uuid", "runs/set-tag", {"run_uuid": "$one", **tag("uuid")})
    yield post("tag delete", "runs/delete-tag", {"run_id": "$one", "key": "uuid"})
    yield post("tag delete again", "runs/delete-tag", {"run_id": "$one", "key": "uuid"})
    yield post("tag delete no key", "runs/delete-tag", {"run_id": "$one"})
    point = {"key": "b", "value": 1, "timestamp": 1}
    batch = {"run_id": "$two"}
    wrong = {"run_id": "$scratch"}
    yield post(
        "batch",
        "runs/log-batch",
        {**batch, "metrics": [{**point, "step": n} for n in range(30)], "params": [tag("bp")], "tags": [tag("bt")]},
    )
    yield post("batch empty", "runs/log-batch", batch)
    yield post("batch no run", "runs/log-batch", {"metrics": [point]})
    yield post("batch 1001", "runs/log-batch", {**wrong, "metrics": [point] * 1001})
    yield post("batch 101 params", "runs/log-batch", {**wrong, "params": [tag(f"p{n}") for n in range(101)]})
    yield post("batch 101 tags", "runs/log-batch", {**wrong, "tags": [tag(f"p{n}") for n in range(101)]})
    yield post(
        "batch together",
        "runs/log-batch",
        {**wrong, "metrics": [point] * 950, "params": [tag(f"p{n}") for n in range(99)]},
    )
    yield post("batch no value", "runs/log-batch", {**wrong, "metrics": [{"key": "a", "timestamp": 1}]})
    yield post("batch no key", "runs/log-batch", {**wrong, "metrics": [{"value": 1, "timestamp": 1}]})
    yield post("batch no timestamp", "runs/log-batch", {**wrong, "metrics": [{"key": "a", "value": 1}]})
    yield post("batch metrics number", "runs/log-batch", {**wrong, "metrics": 5})
    yield post("batch metrics texts", "runs/log-batch", {**wrong, "metrics": ["x"]})
    yield post("batch value text", "runs/log-batch", {**wrong, "metrics": [{**point, "value": "x"}]})
    yield post("batch same param", "runs/log-batch", {**wrong, "params": [tag("d", "1"), tag("d", "1")]})
    yield post("batch different param", "runs/log-batch", {**wrong, "params": [tag("d", "1"), tag("d", "2")]})
    yield post(
        "batch changed param",
        "runs/log-batch",
        {**batch, "params": [tag("bp", "2")], "metrics": [{**point, "key": "never"}]},
    )
    yield post("batch bad tag", "runs/log-batch", {**wrong, "tags": [tag("ok"), tag("a/../b")]})
    yield post("batch param no key", "runs/log-batch", {**wrong, "params": [{"value": "1"}]})
    yield post("batch tag value number", "runs/log-batch", {**wrong, "tags": [{"key": "a", "value": 1}]})
    yield post(
        "batch model id unknown", "runs/log-batch", {**wrong, "metrics": [{**point, "model_id": "m-" + "0" * 32}]}
    )
    yield get("run get two", "runs/get", run_id="$two")
    yield get("run get inf", "runs/get", run_id="$inf")
    yield post("run update", "runs/update", {"run_id": "$one", "status": "FINISHED", "end_time": 1_700_000_009_000})
    yield post(
        "run update number status", "runs/update", {"run_id": "$two", "status": 4, "end_time": 1_700_000_008_000}
    )
    yield post("run update bad status", "runs/update", {"run_id": "$one", "status": "DONE"})
    yield post("run update name", "runs/update", {"run_id": "$one", "run_name": "uno"})
    yield post("run update name back", "runs/update", {"run_id": "$one", "run_name": "one"})
    yield post("run update end text", "runs/update", {"run_id": "$one", "end_time": "x"})
    yield post("run update unknown", "runs/update", {"run_id": "f" * 32, "status": "FINISHED"})
    yield post("run update nothing", "runs/update", {"run_id": "$one"})
    yield post(
        "run log-model",
        "runs/log-model",
        {"run_id": "$none", "model_json": '{"artifact_path":"m","flavors":{},"utc_time_created":"x","run_id":"r"}'},
    )
    yield post("run log-model bad", "runs/log-model", {"run_id": "$none", "model_json": "{"})
    yield post("run log-model fields", "runs/log-model", {"run_id": "$none", "model_json": "{}"})
    yield post("run log-model none", "runs/log-model", {"run_id": "$none"})
    for label, raw in (
        ("brace", b"{"),
        ("list", b"[]"),
        ("number", b"3"),
        ("bytes", b"\xff"),
        ("twice", b'"{}"'),
        ("empty", b""),
    ):
        yield Case(f"body {label}", "POST", "mlflow/runs/log-batch", raw)


def histories() -> Iterator[Case]:
    """Histories of metrics."""
    path = "metrics/get-history"
    yield get("history", path, run_id="$two", metric_key="b")
    yield get("history limit", path, run_id="$two", metric_key="b", max_results=7)
    yield get("history NaN", path, run_id="$nan", metric_key="m")
    yield get("history infinite", path, run_id="$inf", metric_key="i")
    yield get("history unknown", path, run_id="$two", metric_key="unknown")
    yield get("history unknown run", path, run_id="f" * 32, metric_key="b")
    yield get("history no key", path, run_id="$two")
    yield get("history no run", path, metric_key="b")
    yield get("history limit 0", path, run_id="$two", metric_key="b", max_results=0)
    yield get("history limit text", path, run_id="$two", metric_key="b", max_results="x")
    yield get("history token", path, run_id="$two", metric_key="b", page_token="abc", max_results=3)
    path = "metrics/get-history-bulk-interval"
    yield get("interval", path, run_ids=["$two", "$one"], metric_key="b")
    yield get("interval sampled", path, run_ids=["$two"], metric_key="b", max_results=4)
    yield get("interval steps", path, run_ids=["$two"], metric_key="b", start_step=3, end_step=9)
    yield get("interval one bound", path, run_ids=["$two"], metric_key="b", start_step=3)
    yield get("interval reversed", path, run_ids=["$two"], metric_key="b", start_step=9, end_step=3)
    yield get("interval no runs", path, metric_key="b")
    yield get("interval no key", path, run_ids=["$two"])
    yield get("interval limit 0", path, run_ids=["$two"], metric_key="b", max_results=0)
    yield get("interval limit 2501", path, run_ids=["$two"], metric_key="b", max_results=2501)
    yield get("interval many", path, run_ids=["$two"] * 101, metric_key="b")
    yield get("interval unknown run", path, run_ids=["f" * 32], metric_key="b")
    path = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"
    yield Case("bulk", "GET", path, query={"run_id": ["$two", "$one"], "metric_key": "b"})
    yield Case("bulk no run", "GET", path, query={"metric_key": "b"})
    yield Case("bulk no key", "GET", path, query={"run_id": ["$two"]})


def inputs() -> Iterator[Case]:
    """Dataset inputs."""
    dataset = {"name": "d", "digest": "1", "source_type": "local", "source": "s", "schema": "{}", "profile": "{}"}
    one = {"tags": [tag("mlflow.data.context", "training")], "dataset": dataset}
    yield post("input", "runs/log-inputs", {"run_id": "$one", "datasets": [one]})
    yield post("input again", "runs/log-inputs", {"run_id": "$one", "datasets": [one]})
    yield post(
        "input other", "runs/log-inputs", {"run_id": "$two", "datasets": [{"dataset": {**dataset, "digest": "2"}}]}
    )
    yield post("input none", "runs/log-inputs", {"run_id": "$scratch"})
    yield post("input no run", "runs/log-inputs", {"datasets": [one]})
    yield post("input empty", "runs/log-inputs", {"run_id": "$scratch", "datasets": []})
    for field in ("name", "digest", "source_type", "source"):
        yield post(
            f"input no {field}",
            "runs/log-inputs",
            {"run_id": "$scratch", "datasets": [{"dataset": {**dataset, field: None}}]},
        )
    for field, most in (("name", 500), ("digest", 36), ("source", 65_535)):
        yield post(
            f"input long {field}",
            "runs/log-inputs",
            {"run_id": "$scratch", "datasets": [{"dataset": {**dataset, field: "x" * (most + 1)}}]},
        )
    yield post("input no dataset", "runs/log-inputs", {"run_id": "$scratch", "datasets": [{}]})
    yield post(
        "input long tag", "runs/log-inputs", {"run_id": "$scratch", "datasets": [{**one, "tags": [tag("k" * 256)]}]}
    )
    yield post(
        "input long tag value",
        "runs/log-inputs",
        {"run_id": "$scratch", "datasets": [{**one, "tags": [tag("k", "v" * 501)]}]},
    )
    yield post("input datasets text", "runs/log-inputs", {"run_id": "$scratch", "datasets": "x"})
    yield get("run get with inputs", "runs/get", run_id="$one")
    for text in ("dataset.name = 'd'", "datasets.digest = '1'", "dataset.context = 'training'", "dataset.name LIKE 'D'", "dataset.name ILIKE 'D'",
                 "dataset.name IN ('d', 'e')", "dataset.digest NOT IN ('1')", "dataset.name != 'd'", "dataset.name IS NULL"):  # fmt: skip
        yield post(
            f"run filter {text!r}",
            "runs/search",
            {"experiment_ids": ["$exp"], "filter": text, "order_by": ["start_time"]},
        )
    yield Case(
        "search-datasets", "POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": ["$exp"]}
    )
    yield Case("search-datasets none", "POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {})


def bin_() -> Iterator[Case]:
    """What is deleted."""
    yield post("run delete", "runs/delete", {"run_id": "$none"})
    yield post("run delete again", "runs/delete", {"run_id": "$none"})
    yield post("run delete unknown", "runs/delete", {"run_id": "f" * 32})
    yield post("run delete none", "runs/delete")
    yield post("deleted run metric", "runs/log-metric", {"run_id": "$none", "key": "m", "value": 1, "timestamp": 1})
    yield post("deleted run param", "runs/log-parameter", {"run_id": "$none", "key": "m", "value": "1"})
    yield post("deleted run tag", "runs/set-tag", {"run_id": "$none", **tag("m")})
    yield post("deleted run batch", "runs/log-batch", {"run_id": "$none", "tags": [tag("m")]})
    yield post("deleted run update", "runs/update", {"run_id": "$none", "status": "FINISHED"})
    yield post("deleted run input", "runs/log-inputs", {"run_id": "$none", "datasets": []})
    yield get("deleted run get", "runs/get", run_id="$none")
    yield post("run search deleted", "runs/search", {"experiment_ids": ["$exp"], "run_view_type": "DELETED_ONLY"})
    yield post("run restore", "runs/restore", {"run_id": "$none"})
    yield post("run restore again", "runs/restore", {"run_id": "$none"})
    yield post("experiment bin", "experiments/delete", {"experiment_id": "$exp"})
    yield post("deleted experiment run", "runs/create", {"experiment_id": "$exp"})
    yield post("deleted experiment rename", "experiments/update", {"experiment_id": "$exp", "new_name": "zeta"})
    yield post("deleted experiment tag", "experiments/set-experiment-tag", {"experiment_id": "$exp", **tag("m")})
    yield get("deleted experiment get", "experiments/get", experiment_id="$exp")
    yield get("deleted experiment get-by-name", "experiments/get-by-name", experiment_name="alpha")
    yield get("deleted experiment's run", "runs/get", run_id="$one")
    yield post("experiment unbin", "experiments/restore", {"experiment_id": "$exp"})
