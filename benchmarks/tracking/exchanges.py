"""The requests of `differential.py`, good and bad."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

Json = dict[str, Any]


class Case(NamedTuple):
    """A request. keep: name → where in the answer; `$name` stands for it in later requests."""

    label: str
    method: str
    path: str
    body: Json | list[Any] | bytes | None = None
    query: Json | None = None
    keep: Mapping[str, str] = MappingProxyType({})


def post(label: str, path: str, body: Any = None, **keep: str) -> Case:
    """A POST below /api/2.0/mlflow."""
    return Case(label, "POST", f"mlflow/{path}", {} if body is None else body, keep=keep)


def get(label: str, path: str, /, **query: Any) -> Case:
    """A GET below /api/2.0/mlflow."""
    return Case(label, "GET", f"mlflow/{path}", query=query)


def cases() -> Iterator[Case]:
    """Yield every case, in the order in which they build on each other."""
    for part in (
        experiments,
        runs,
        searches,
        bad_filters,
        histories,
        inputs,
        logged_models,
        registry,
        artifacts,
        bin_,
    ):
        yield from part()


def tag(key: str, value: str = "v") -> Json:
    """A tag, or a param."""
    return {"key": key, "value": value}


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


GOOD_FILTERS = (
    "metrics.m > 0", "metrics.m != 1", "metrics.m >= 1 AND metrics.m <= 1", "metrics.m = 2", "metric.m < 5", "metrics.`m` > 0",
    'metrics."m" > 0', "metrics.unknown > 1", "params.p = 'Value one'", "params.p != 'Value one'", "params.p LIKE 'Value%'",
    "params.p ILIKE 'value%'", "parameter.p ILIKE '%N%'", "params.p IS NULL", "params.p IS NOT NULL", "params.unknown IS NULL",
    "params.unknown = 'x'", "tags.note = 'other'", "tags.t != '2'", "tags.t IS NULL", "tag.note ILIKE 'OTH_R'", "status = 'FINISHED'",
    "attributes.status = 'RUNNING'", "status != 'FINISHED'", "status LIKE 'FIN%'", "attr.status ILIKE 'fin%'", "run_name = 'two'",
    "attributes.run_name LIKE 'n%'", "attributes.`run name` = 'two'", "run.run_name = 'one'", "`Run name` = 'one'",
    "run_id = '$one'", "run_id IN ('$one', '$two')", "run_id NOT IN ('$one', '$two')", "attributes.run_id LIKE '%'",
    "start_time > 1700000001000", "attributes.start_time = 1700000000000", "start_time != 1700000000000", "end_time > 0",
    "end_time = 1700000009000", "created > 1700000001000", "user_id = 'me'", "user_id != 'me'", "artifact_uri LIKE '%$one%'",
    "metrics.m > 0 AND params.p LIKE '%o%' AND tags.`mlflow.runName` = 'two'", "metrics.m > 0.5e0", "metrics.m > -1", "metrics.m > .5",
    "tags.mlflow.runName = 'one'", 'tags."mlflow.runName" = "one"', 'params.p = "Value one"', "  metrics.m   >   0  ",
    "metrics.m > 0 and metrics.m < 2", "lifecycle_stage = 'active'", "metrics.i > 5", "metrics.j < 5", "metrics.i = 5",
    "params.p LIKE 'value%'", "tags.note LIKE '%'", "params.long LIKE 'xxx%'", "tags.t = '1';",
)  # fmt: skip
BAD_FILTERS = (
    "x", "x =", "metrics.m", "metrics.m >", "metrics.m > 'a'", "metrics.m > x", "metrics.m LIKE 'a'", "metrics.m IN ('a')",
    "metrics.m IS NULL", "params.p > '1'", "params.p = 5", "params.p = x", "params.p IN ('a')", "tags.t = 5", "tags.t > 'a'",
    "nothing.x = 'a'", "attributes.unknown = 'a'", "unknown = 'a'", "status = FINISHED", "status > 'A'", "status IN ('FINISHED')",
    "start_time > 'x'", "start_time LIKE 'x'", "run_id IN 'a'", "run_id IN ('a'", "run_id IN (5)", "run_id IN ()", "run_id = 5",
    "metrics.m > 0 OR metrics.m < 5", "(metrics.m > 0)", "NOT metrics.m > 0", "metrics.m > 0 AND", "AND metrics.m > 0",
    "metrics.m > 0 metrics.m < 5", "metrics.m > 0, metrics.m < 5", "metrics.m => 0", "metrics.m == 0", "'metrics.m' > 0",
    "metrics.m > 0 AND params.p = 'unclosed", 'params.p = "unclosed', "metrics.`m > 0", "metrics. > 0", ".m > 0", "metrics.m ! 0",
    "metrics.m <> 1", "params.p IS", "params.p IS NOT", "params.p NOT NULL", "params.p RLIKE 'a'", "params.p NOT LIKE 'a'",
    "metrics.m BETWEEN 0 AND 1", "dataset.unknown = 'a'", "dataset.name > 'a'", "5 = 5", "metrics.m > 0; DROP TABLE runs",
    "metrics.m > 1e999", "metrics.m > NaN", "start_time > 99999999999999999999", "run_name = 'a' 'b'", "%", "metrics.m > 0 AND AND",
)  # fmt: skip


def searches() -> Iterator[Case]:
    """Searches of runs that find something."""
    base = {"experiment_ids": ["$exp"], "order_by": ["start_time ASC"]}
    for text in GOOD_FILTERS:
        yield post(f"run filter {text!r}", "runs/search", {**base, "filter": text})
    orders = (
        ["metrics.m"], ["metrics.m DESC"], ["metrics.m ASC", "params.p"], ["params.p"], ["params.p DESC"], ["tags.note"], ["status"],
        ["status DESC"], ["end_time"], ["end_time DESC"], ["start_time"], ["start_time DESC"], ["run_name"], ["attributes.run_name DESC"],
        ["attributes.`Run name`"], ["run_id"], ["created"], ["artifact_uri"], ["user_id"], ["metrics.unknown"], ["metrics.`m` desc"],
        ["metrics.m", "metrics.m"], ["metrics.m", "metrics.m DESC"], ["x"], ["metrics.m UP"], [""], ["metrics.m ASC DESC"], ["nothing.x"],
        ["metrics"], ["metrics.i DESC"], ["metrics.j"], ["tags.`mlflow.runName` DESC"], ["dataset.name"], ["experiment_id"], ["lifecycle_stage"],
        ["attribute.start_time ASC", "run_id"], "metrics.m", [5], ["metrics.m  DESC "], ['params."p"'],
    )  # fmt: skip
    for order in orders:
        yield post(f"run order {order!r}", "runs/search", {"experiment_ids": ["$exp"], "order_by": order})
    yield post("run search default order", "runs/search", {"experiment_ids": ["$exp"]})
    for value in (0, -1, 50_001, "x", 1.5, True):
        yield post(f"run max_results {value!r}", "runs/search", {**base, "max_results": value})
    for value in ("DELETED_ONLY", "ALL", "SOME", 2, 3, 9):
        yield post(f"run view {value!r}", "runs/search", {**base, "run_view_type": value})
    yield post("run page token wrong", "runs/search", {**base, "page_token": "abc"})
    yield post("run search no experiment", "runs/search", {})
    yield post("run search unknown experiment", "runs/search", {"experiment_ids": ["999"]})
    yield post("run search text experiment", "runs/search", {"experiment_ids": ["abc"]})
    yield post("run search experiments text", "runs/search", {"experiment_ids": "$exp", "order_by": ["start_time"]})
    yield post("run search experiments number", "runs/search", {"experiment_ids": [5]})
    yield post("run search filter number", "runs/search", {**base, "filter": 5})


def bad_filters() -> Iterator[Case]:
    """Searches of runs that cannot be read."""
    for text in BAD_FILTERS:
        yield post(
            f"bad filter {text!r}",
            "runs/search",
            {"experiment_ids": ["$exp"], "filter": text, "order_by": ["start_time"]},
        )


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


def logged_models() -> Iterator[Case]:
    """Logged models."""
    base = {"experiment_id": "$exp", "name": "net", "model_type": "sk", "source_run_id": "$one"}
    yield post(
        "model create",
        "logged-models",
        {**base, "params": [tag("depth", "3")], "tags": [tag("kind", "a")]},
        m1="model.info.model_id",
    )
    yield post("model create two", "logged-models", {**base, "name": "net2"}, m2="model.info.model_id")
    yield post("model create no experiment", "logged-models", {"name": "x"})
    yield post("model create bad name", "logged-models", {**base, "name": "a/b"})
    yield post("model create unknown experiment", "logged-models", {"experiment_id": "999", "name": "x"})
    yield post("model create params text", "logged-models", {**base, "params": "x"})
    yield get("model get", "logged-models/$m1")
    yield get("model get unknown", "logged-models/m-" + "0" * 32)
    yield Case("model ready", "PATCH", "mlflow/logged-models/$m1", {"model_id": "$m1", "status": "LOGGED_MODEL_READY"})
    yield Case("model bad status", "PATCH", "mlflow/logged-models/$m2", {"model_id": "$m2", "status": "DONE"})
    yield Case("model no status", "PATCH", "mlflow/logged-models/$m2", {"model_id": "$m2"})
    yield Case("model ready number", "PATCH", "mlflow/logged-models/$m2", {"model_id": "$m2", "status": 2})
    yield Case(
        "model tags", "PATCH", "mlflow/logged-models/$m1/tags", {"model_id": "$m1", "tags": [tag("color", "red")]}
    )
    yield Case("model delete tag", "DELETE", "mlflow/logged-models/$m1/tags/color")
    yield Case("model delete tag again", "DELETE", "mlflow/logged-models/$m1/tags/color")
    yield post("model params", "logged-models/$m1/params", {"model_id": "$m1", "params": [tag("width", "9")]})
    yield post(
        "model metric",
        "runs/log-metric",
        {
            "run_id": "$one",
            "key": "acc",
            "value": 0.9,
            "timestamp": 1,
            "step": 1,
            "model_id": "$m1",
            "dataset_name": "d",
            "dataset_digest": "1",
        },
    )
    yield post(
        "model metric 2",
        "runs/log-metric",
        {"run_id": "$one", "key": "acc", "value": 0.7, "timestamp": 1, "step": 1, "model_id": "$m2"},
    )
    yield post("output", "runs/outputs", {"run_id": "$one", "models": [{"model_id": "$m1", "step": 2}]})
    yield post("output unknown", "runs/outputs", {"run_id": "$scratch", "models": [{"model_id": "m-1", "step": 2}]})
    yield post("output none", "runs/outputs", {"run_id": "$one"})
    yield post("input model", "runs/log-inputs", {"run_id": "$two", "models": [{"model_id": "$m1"}]})
    yield get("model get with metrics", "logged-models/$m1")
    yield get("run get with outputs", "runs/get", run_id="$one")
    yield get("run get with inputs model", "runs/get", run_id="$two")
    for text in ("", "name = 'net'", "name LIKE 'net%'", "metrics.acc > 0.8", "metrics.acc > 0.5", "params.depth = '3'", "tags.kind = 'a'",
                 "params.depth IS NULL", "model_type = 'sk'", "status = 'READY'", "source_run_id = '$one'", "creation_timestamp > 0",
                 "attributes.name = 'net'", "name IN ('net', 'net2')", "model_id = '$m1'", "last_updated_timestamp > 0", "name ILIKE 'NET'",
                 "metrics.acc != 0.9", "tags.kind != 'a'", "nothing = 1", "name =", "params.depth > '1'", "metrics.acc > 'x'", "creation_time > 0",
                 "metrics.acc > 0.8 AND params.depth = '3'", "experiment_id = '1'"):  # fmt: skip
        yield post(
            f"model filter {text!r}",
            "logged-models/search",
            {"experiment_ids": ["$exp"], "filter": text, "order_by": [{"field_name": "name"}]},
        )
    for item in ({"field_name": "metrics.acc", "ascending": False}, {"field_name": "metrics.acc", "ascending": True, "dataset_name": "d", "dataset_digest": "1"},
                 {"field_name": "creation_timestamp"}, {"field_name": "x"}, {"field_name": "params.depth"}, {"field_name": "tags.kind"}, {}, {"field_name": "name", "ascending": False},
                 {"field_name": "metrics.unknown"}, {"field_name": "source_run_id"}, {"field_name": "metrics.acc", "dataset_digest": "1"}):  # fmt: skip
        yield post(f"model order {item!r}", "logged-models/search", {"experiment_ids": ["$exp"], "order_by": [item]})
    yield post(
        "model search datasets",
        "logged-models/search",
        {
            "experiment_ids": ["$exp"],
            "filter": "metrics.acc > 0",
            "datasets": [{"dataset_name": "d", "dataset_digest": "1"}],
        },
    )
    yield post(
        "model search datasets no name",
        "logged-models/search",
        {"experiment_ids": ["$exp"], "datasets": [{"dataset_digest": "1"}]},
    )
    yield post("model search none", "logged-models/search", {})
    yield post("model search limit 0", "logged-models/search", {"experiment_ids": ["$exp"], "max_results": 0})
    yield post("model search unknown experiment", "logged-models/search", {"experiment_ids": ["999"]})
    yield post("model page token wrong", "logged-models/search", {"experiment_ids": ["$exp"], "page_token": "abc"})
    yield get("model files", "logged-models/$m1/artifacts/directories")
    yield Case("model delete", "DELETE", "mlflow/logged-models/$m2")
    yield get("model get deleted", "logged-models/$m2")
    yield Case("model delete again", "DELETE", "mlflow/logged-models/$m2")


def registry() -> Iterator[Case]:
    """Registered models, versions, aliases, stages."""
    yield post(
        "registry create",
        "registered-models/create",
        {"name": "net", "description": "d", "tags": [tag("team", "blue")]},
    )
    yield post("registry create again", "registered-models/create", {"name": "net"})
    yield post("registry create other", "registered-models/create", {"name": "Other"})
    yield post("registry create third", "registered-models/create", {"name": "Third"})
    yield post("version create third", "model-versions/create", {"name": "Third", "source": "s3://bucket/z"})
    yield post("registry create none", "registered-models/create")
    for name in ("", "a/b", "a:b", " ", 5, ".", "..", "a b", "ü"):
        yield post(f"registry create {str(name)[:20]!r}", "registered-models/create", {"name": name})
    yield get("registry get", "registered-models/get", name="net")
    yield get("registry get unknown", "registered-models/get", name="nobody")
    yield get("registry get none", "registered-models/get")
    yield Case("registry update", "PATCH", "mlflow/registered-models/update", {"name": "net", "description": "new"})
    yield Case(
        "registry update unknown", "PATCH", "mlflow/registered-models/update", {"name": "nobody", "description": "new"}
    )
    yield post("registry set-tag", "registered-models/set-tag", {"name": "net", **tag("k")})
    yield post("registry set-tag long", "registered-models/set-tag", {"name": "net", **tag("k", "x" * 100_001)})
    yield post("registry set-tag no key", "registered-models/set-tag", {"name": "net", "value": "x"})
    yield post("registry set-tag bad key", "registered-models/set-tag", {"name": "net", **tag("../k")})
    yield Case("registry delete-tag", "DELETE", "mlflow/registered-models/delete-tag", {"name": "net", "key": "k"})
    yield Case(
        "registry delete-tag again", "DELETE", "mlflow/registered-models/delete-tag", {"name": "net", "key": "k"}
    )
    version = {"name": "net", "source": "s3://bucket/x", "run_id": "$one"}
    yield post("version create", "model-versions/create", {**version, "description": "first", "tags": [tag("q", "1")]})
    yield post("version create two", "model-versions/create", {**version, "run_id": "$two"})
    yield post("version create no run", "model-versions/create", {"name": "net", "source": "s3://bucket/y"})
    yield post("version create unknown", "model-versions/create", {**version, "name": "nobody"})
    yield post("version create no source", "model-versions/create", {"name": "net"})
    for source in (
        "/etc/passwd",
        "file:///etc/passwd",
        "mlflow-artifacts:/../../etc",
        "runs:/../x",
        "../x",
        5,
        "s3://b/../c",
        "http://h/%2e%2e/x",
    ):
        yield post(f"version source {source!r}", "model-versions/create", {"name": "Other", "source": source})
    yield get("version get", "model-versions/get", name="net", version="1")
    yield get("version get unknown", "model-versions/get", name="net", version="99")
    yield get("version get text", "model-versions/get", name="net", version="x")
    yield get("version get none", "model-versions/get", name="net")
    yield get("version get unknown model", "model-versions/get", name="nobody", version="1")
    yield get("version uri", "model-versions/get-download-uri", name="net", version="1")
    yield Case(
        "version update", "PATCH", "mlflow/model-versions/update", {"name": "net", "version": "1", "description": "new"}
    )
    yield post("version set-tag", "model-versions/set-tag", {"name": "net", "version": "1", **tag("r", "2")})
    yield Case(
        "version delete-tag", "DELETE", "mlflow/model-versions/delete-tag", {"name": "net", "version": "1", "key": "r"}
    )
    yield Case(
        "version delete-tag again",
        "DELETE",
        "mlflow/model-versions/delete-tag",
        {"name": "net", "version": "1", "key": "r"},
    )
    stage = {"name": "net", "version": "1", "archive_existing_versions": False}
    yield post("stage production", "model-versions/transition-stage", {**stage, "stage": "production"})
    yield post("stage wrong", "model-versions/transition-stage", {**stage, "stage": "Live"})
    yield post(
        "stage archive",
        "model-versions/transition-stage",
        {**stage, "version": "2", "stage": "Production", "archive_existing_versions": True},
    )
    yield post(
        "stage archive none",
        "model-versions/transition-stage",
        {**stage, "stage": "None", "archive_existing_versions": True},
    )
    yield post("stage missing", "model-versions/transition-stage", {"name": "net", "version": "1"})
    yield post("latest versions", "registered-models/get-latest-versions", {"name": "net"})
    yield post(
        "latest versions stage", "registered-models/get-latest-versions", {"name": "net", "stages": ["Production"]}
    )
    yield post(
        "latest versions bad stage", "registered-models/get-latest-versions", {"name": "net", "stages": ["Live"]}
    )
    yield get("latest versions GET", "registered-models/get-latest-versions", name="net", stages="Archived")
    yield post("alias set", "registered-models/alias", {"name": "net", "alias": "champion", "version": "1"})
    for alias in ("latest", "v1", "", "a b", "x" * 256, "ü", 5, "V2"):
        yield post(
            f"alias {str(alias)[:12]!r}", "registered-models/alias", {"name": "Third", "alias": alias, "version": "1"}
        )
    yield post("alias no version", "registered-models/alias", {"name": "net", "alias": "a"})
    yield post("alias unknown version", "registered-models/alias", {"name": "net", "alias": "a", "version": "99"})
    yield get("alias get", "registered-models/alias", name="net", alias="champion")
    yield get("alias get unknown", "registered-models/alias", name="net", alias="nobody")
    yield get("registry get all", "registered-models/get", name="net")
    yield Case("alias delete", "DELETE", "mlflow/registered-models/alias", {"name": "net", "alias": "champion"})
    yield Case("alias delete again", "DELETE", "mlflow/registered-models/alias", {"name": "net", "alias": "champion"})
    for text in ("", "name = 'net'", "name LIKE '%e%'", "name ILIKE 'OTHER'", "name != 'net'", "tags.team = 'blue'", "tags.team != 'red'", "tag.team LIKE 'b%'",
                 "tags.team IS NULL", "name > 'a'", "x = '1'", "name = net", "name =", "name IN ('net')", "name = 'net' AND tags.team = 'blue'", "run_id = 'x'"):  # fmt: skip
        yield get(f"registry filter {text!r}", "registered-models/search", filter=text, order_by="name ASC")
    for clause in ("name DESC", "timestamp", "last_updated_timestamp DESC", "x", "name UP", "creation_timestamp"):
        yield get(f"registry order {clause!r}", "registered-models/search", order_by=clause, max_results=5)
    yield get("registry order twice", "registered-models/search", order_by=["name", "name DESC"])
    for value in (0, 1001, "x", -1, 1000):
        yield get(f"registry max_results {value!r}", "registered-models/search", max_results=value, order_by="name")
    yield get("registry page token wrong", "registered-models/search", page_token="abc")
    for text in ("", "name = 'net'", "name LIKE 'n%'", "name ILIKE 'NET'", "name IN ('net', 'x')", "run_id = '$one'", "run_id IN ('$one', '$two')", "run_id IN ()",
                 "source_path = 's3://bucket/x'", "tags.q = '1'", "tags.q IS NULL", "version_number > 1", "version_number = 1", "current_stage = 'Production'",
                 "x = '1'", "name =", "run_id LIKE 'a'", "version_number = 'a'", "run_id IN ('$one', 5)", "name != 'net'", "tags.q != '2'", "name NOT IN ('net')",
                 "source_path LIKE 's3%'", "run_id != '$one'"):  # fmt: skip
        yield get(f"version filter {text!r}", "model-versions/search", filter=text, order_by="version_number ASC")
    for clause in ("name", "version_number DESC", "creation_timestamp", "last_updated_timestamp", "x", "run_id"):
        yield get(f"version order {clause!r}", "model-versions/search", order_by=[clause, "version_number"])
    for value in (0, 200_001, "x"):
        yield get(f"version max_results {value!r}", "model-versions/search", max_results=value)
    yield post("registry rename", "registered-models/rename", {"name": "net", "new_name": "net b"})
    yield post("registry rename taken", "registered-models/rename", {"name": "net b", "new_name": "Other"})
    yield post("registry rename none", "registered-models/rename", {"name": "net b"})
    yield post("registry rename bad", "registered-models/rename", {"name": "net b", "new_name": "a/b"})
    yield post("registry rename unknown", "registered-models/rename", {"name": "nobody", "new_name": "z"})
    yield Case("version delete", "DELETE", "mlflow/model-versions/delete", {"name": "net b", "version": "1"})
    yield Case("version delete again", "DELETE", "mlflow/model-versions/delete", {"name": "net b", "version": "1"})
    yield Case("version delete text", "DELETE", "mlflow/model-versions/delete", {"name": "net b", "version": "x"})
    yield Case("version delete none", "DELETE", "mlflow/model-versions/delete", {"name": "net b"})
    yield Case("registry delete", "DELETE", "mlflow/registered-models/delete", {"name": "net b"})
    yield Case("registry delete again", "DELETE", "mlflow/registered-models/delete", {"name": "net b"})
    yield Case("registry delete none", "DELETE", "mlflow/registered-models/delete", {})


def artifacts() -> Iterator[Case]:
    """Files of runs."""
    files = "mlflow-artifacts/artifacts"
    yield Case("file put", "PUT", f"{files}/$exp/$one/artifacts/a/b.txt", b"hello")
    yield get("file list", "artifacts/list", run_id="$one")
    yield get("file list folder", "artifacts/list", run_id="$one", path="a")
    yield get("file list unknown folder", "artifacts/list", run_id="$one", path="zzz")
    yield get("file list dots", "artifacts/list", run_id="$one", path="../..")
    yield get("file list no run", "artifacts/list")
    yield get("file list unknown run", "artifacts/list", run_id="f" * 32)
    yield Case("file list proxied", "GET", files, query={"path": "$exp/$one/artifacts"})
    yield Case("file list proxied dots", "GET", files, query={"path": "../.."})
    yield Case("file list proxied absolute", "GET", files, query={"path": "/etc"})
    yield Case("file get", "GET", f"{files}/$exp/$one/artifacts/a/b.txt")
    yield Case("file get unknown", "GET", f"{files}/$exp/$one/artifacts/zzz")
    yield Case("file get folder", "GET", f"{files}/$exp/$one/artifacts/a")
    for path in ("%2e%2e/x", "..%2fx", "a/%2e%2e/b", "%2fetc%2fpasswd", "a%00b", "a%5c..%5cb"):
        for method in ("GET", "PUT", "DELETE"):
            yield Case(f"file path {path} {method}", method, f"{files}/{path}", b"x" if method == "PUT" else None)
    yield Case("get-artifact", "GET", "/get-artifact", query={"run_id": "$one", "path": "a/b.txt"})
    yield Case("get-artifact dots", "GET", "/get-artifact", query={"run_id": "$one", "path": "../x"})
    yield Case("get-artifact unknown", "GET", "/get-artifact", query={"run_id": "$one", "path": "zzz"})
    yield Case("file delete", "DELETE", f"{files}/$exp/$one/artifacts/a/b.txt")
    yield Case("file delete again", "DELETE", f"{files}/$exp/$one/artifacts/a/b.txt")
    for path in ("mlflow/nothing", "/api/3.0/mlflow/nothing", "/ajax-api/2.0/mlflow/nothing"):
        yield Case(f"endpoint {path}", "GET", path)
    yield Case("endpoint wrong method", "PUT", "mlflow/runs/get", {})


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
