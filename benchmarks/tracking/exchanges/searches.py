"""Searches of runs, with good filters and bad ones."""

from collections.abc import Iterator

from exchanges.case import Case, post

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
