"""What webhooks can be told of: MLflow's events of the registry with MLflow's payloads, and some of the studio's own."""

from typing import Any

_NAME, _VERSION = {"name": "example_model"}, {"name": "example_model", "version": "1"}
_PROMPT, _PROMPT_VERSION = {"name": "example_prompt"}, {"name": "example_prompt", "version": "1"}
_TAG, _KEY = {"key": "example_key", "value": "example_value"}, {"key": "example_key"}
_TAGS = {"tags": {"example_key": "example_value"}}
_ALIAS = {"alias": "example_alias"}
_RUN = {"id": "0196f6c8b0c07d3f8a8e2b7d5a4c3b21", "kind": "run", "state": "Completed"}
_DRIFT = {
    "id": "daily",
    "monitor": "daily",
    "dataset": "titanic",
    "version": 3,
    "start": "2026-01-01T00:00:00+00:00",
    "end": "2026-01-02T00:00:00+00:00",
    "magnitude": 0.41,
    "why": "",
    "features": ["Age"],
}

# kind → what a test sends; source of the first part: MLflow 3.17 mlflow/webhooks/types.py
MLFLOW: dict[str, dict[str, Any]] = {
    "registered_model.created": {**_NAME, **_TAGS, "description": "An example registered model"},
    "model_version.created": {
        **_VERSION,
        "source": "models:/123",
        "run_id": "abcd1234abcd5678",
        **_TAGS,
        "description": "An example model version",
    },
    "model_version_tag.set": {**_VERSION, **_TAG},
    "model_version_tag.deleted": {**_VERSION, **_KEY},
    "model_version_alias.created": {**_VERSION, **_ALIAS},
    "model_version_alias.deleted": {**_NAME, **_ALIAS},
    "prompt.created": {**_PROMPT, **_TAGS, "description": "An example prompt"},
    "prompt_version.created": {
        **_PROMPT_VERSION,
        "template": "Hello {{name}}!",
        **_TAGS,
        "description": "An example prompt version",
    },
    "prompt_tag.set": {**_PROMPT, **_TAG},
    "prompt_tag.deleted": {**_PROMPT, **_KEY},
    "prompt_version_tag.set": {**_PROMPT_VERSION, **_TAG},
    "prompt_version_tag.deleted": {**_PROMPT_VERSION, **_KEY},
    "prompt_alias.created": {**_PROMPT_VERSION, **_ALIAS},
    "prompt_alias.deleted": {**_PROMPT, **_ALIAS},
}
OWN: dict[str, dict[str, Any]] = {
    "run.created": {**_RUN, "state": "Running"},
    "run.completed": _RUN,
    "experiment.created": {"id": "1", "name": "example"},
    "dataset.created": {"id": "titanic"},
    "drift.detected": {**_DRIFT, "why": "the drift magnitude is 41%, above 20%"},
    "drift.resolved": {**_DRIFT, "magnitude": 0.04, "features": []},
    "quality.failed": {
        "id": "titanic",
        "version": 2,
        "severity": "block",
        "failed": ["Age lies between 0 and 120"],
        "passed": 6,
    },
    "quality.passed": {"id": "titanic", "version": 3, "severity": "", "failed": [], "passed": 7},
    "model.deleted": {"id": "example_model"},
    "endpoint.created": {"id": "example-endpoint"},
    "endpoint.updated": {"id": "example-endpoint"},
    "endpoint.deleted": {"id": "example-endpoint"},
}
EVENTS = {**MLFLOW, **OWN}


def split(kind: str) -> tuple[str, str]:
    """Return entity and action.

    >>> split("model_version_tag.set")
    ('model_version_tag', 'set')
    """
    entity, _, action = kind.partition(".")
    return entity, action


def payload(kind: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the `data` of a delivery: MLflow's events carry it, the studio's own name their subject."""
    return data if kind in MLFLOW else {"id": subject, **data}
