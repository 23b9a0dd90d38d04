"""The differences of `differential.py` that are meant: each request by its label, and what the studio answers to it."""

from typing import NamedTuple


class Meant(NamedTuple):
    """answer: status and error code; or 200 and the place in the answer below which it differs, if MLflow answers 200 too."""

    why: str
    answer: str
    labels: tuple[str, ...]


_MEANT = (
    Meant(
        "MLflow shows its database's error; here it is named",
        "400 RESOURCE_ALREADY_EXISTS",
        ("experiment rename taken",),
    ),
    Meant("a tag is a change of the experiment", "200 .experiments[", ("experiment order 'last_update_time DESC'",)),
    Meant("null is as good as absent", "200", ("experiment max_results None",)),
    Meant(
        "a word or number that means nothing is refused",
        "400 INVALID_PARAMETER_VALUE",
        (
            "experiment view 'SOME'",
            "run update bad status",
            "run view 'SOME'",
            "run view 9",
            "model bad status",
        ),
    ),
    Meant(
        "a run without a start begins now; its user is who the token says",
        "200 .run.info.start_time",
        ("run create scratch",),
    ),
    Meant(
        "names of tags are checked at the start of a run too",
        "400 INVALID_PARAMETER_VALUE",
        (
            "run create bad tag",
            "run create tag long",
            "run create tags no key",
        ),
    ),
    Meant(
        "a wrong type is refused, not read as 0",
        "400 INVALID_PARAMETER_VALUE",
        (
            "metric true",
            "metric step float",
            "metric step huge",
            "batch metrics texts",
            "batch value text",
            "batch tag value number",
        ),
    ),
    Meant(
        "MLflow shows its database's error; here it is named",
        "404 RESOURCE_DOES_NOT_EXIST",
        ("batch model id unknown",),
    ),
    Meant(
        "a body that is no JSON object is said to be one",
        "400 BAD_REQUEST",
        (
            "body brace",
            "body list",
            "body number",
            "body bytes",
        ),
    ),
    Meant("an empty body is one without the required fields", "400 INVALID_PARAMETER_VALUE", ("body empty",)),
    Meant(
        "more can be asked than MLflow allows",
        "200",
        (
            "run filter \"lifecycle_stage = 'active'\"",
            "version filter \"current_stage = 'Production'\"",
        ),
    ),
    Meant("a semicolon at the end means nothing", "200", ("run filter \"tags.t = '1';\"",)),
    Meant(
        "more can be sorted by than MLflow allows",
        "200",
        (
            "run order ['attributes.`Run name`']",
            "run order ['experiment_id']",
            "run order ['lifecycle_stage']",
        ),
    ),
    Meant(
        "ids are random",
        "200 .runs[",
        (
            "run order ['run_id']",
            "run order ['artifact_uri']",
        ),
    ),
    Meant(
        "what will not go away by itself is no 5xx",
        "400 INVALID_PARAMETER_VALUE",
        (
            "run order ['metrics.m', 'metrics.m']",
            "run order ['metrics.m', 'metrics.m DESC']",
            "stage archive none",
            "registry order twice",
            "version order 'version_number DESC'",
        ),
    ),
    Meant("spaces mean nothing", "200", ("run order ['metrics.m  DESC ']",)),
    Meant(
        "a wrong type is refused, not ignored",
        "400 INVALID_PARAMETER_VALUE",
        (
            "run max_results 1.5",
            "run max_results True",
            "run search experiments number",
            "history limit text",
        ),
    ),
    Meant(
        "MLflow drops the part of a filter that it cannot read",
        "400 INVALID_PARAMETER_VALUE",
        (
            "bad filter 'metrics.m > 0 AND'",
            "bad filter 'AND metrics.m > 0'",
            "bad filter 'metrics.m > 0 metrics.m < 5'",
            "bad filter 'metrics. > 0'",
            "bad filter 'metrics.m > 0 AND AND'",
        ),
    ),
    Meant("<> is != in SQL", "200", ("bad filter 'metrics.m <> 1'",)),
    Meant(
        "a time that never comes is a number like any other", "200", ("bad filter 'start_time > 99999999999999999999'",)
    ),
    Meant(
        "a run that is not there is an error",
        "404 RESOURCE_DOES_NOT_EXIST",
        (
            "history unknown run",
            "interval unknown run",
        ),
    ),
    Meant("steps are spread evenly, and come in order", "200 .metrics[", ("interval sampled",)),
    Meant(
        "what is required is required",
        "400 INVALID_PARAMETER_VALUE",
        (
            "input no name",
            "input no digest",
            "input no source_type",
            "input no dataset",
        ),
    ),
    Meant("the answer has the model", "200 .model", ("model tags",)),
    Meant("what is required is required", "404 RESOURCE_DOES_NOT_EXIST", ("output unknown",)),
    Meant(
        "IS NULL may be asked of every tag and param",
        "200",
        (
            "model filter 'params.depth IS NULL'",
            "registry filter 'tags.team IS NULL'",
            "version filter 'tags.q IS NULL'",
        ),
    ),
    Meant(
        "what is malformed is refused with 400, not 500",
        "400 INVALID_PARAMETER_VALUE",
        (
            "model filter \"metrics.acc > 'x'\"",
            "model page token wrong",
            "deleted experiment rename",
        ),
    ),
    Meant(
        "a page has at least one row",
        "400 INVALID_PARAMETER_VALUE",
        (
            "model search limit 0",
            "registry max_results 0",
            "registry max_results -1",
        ),
    ),
    Meant(
        "versions that were changed in one transaction have one time",
        "200 .model_versions[",
        ("version order 'last_updated_timestamp'",),
    ),
    Meant("MLflow answers with nothing at all", "200", ("file put",)),
    Meant("a folder is no file", "404 RESOURCE_DOES_NOT_EXIST", ("file get folder",)),
    Meant(
        "MLflow's answer is a redirect to HTML", "400 INVALID_PARAMETER_VALUE", ("file path %2fetc%2fpasswd DELETE",)
    ),
    Meant(
        "NUL and backslash are in no path",
        "400 INVALID_PARAMETER_VALUE",
        (
            "file path a%00b GET",
            "file path a%00b PUT",
            "file path a%00b DELETE",
            "file path a%5c..%5cb GET",
            "file path a%5c..%5cb PUT",
            "file path a%5c..%5cb DELETE",
        ),
    ),
    Meant(
        "what is not served has MLflow's shape",
        "404 ENDPOINT_NOT_FOUND",
        (
            "endpoint mlflow/nothing",
            "endpoint /api/3.0/mlflow/nothing",
            "endpoint /ajax-api/2.0/mlflow/nothing",
            "endpoint wrong method",
        ),
    ),
)
INTENDED = {label: meant for meant in _MEANT for label in meant.labels}


def explains(label: str, answer: str, places: list[str]) -> str:
    """Return why a difference is meant, "" when it is not.

    answer: our status and error code; places: where two good answers differ.
    """
    meant = INTENDED.get(label)
    if meant is None:
        return ""
    expected, _, place = meant.answer.partition(" ")
    if places:
        return meant.why if expected == "200" and all(found.startswith(place) for found in places) else ""
    return meant.why if answer == meant.answer else ""
