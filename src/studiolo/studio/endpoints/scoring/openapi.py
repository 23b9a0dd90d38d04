"""The document that describes one endpoint: OpenAPI 3 and Swagger 2, made from the model's inputs and its sample."""

from typing import Any

from studiolo.studio.endpoints.scoring.inputs import Input
from studiolo.studio.endpoints.scoring.tiers.base import Tier

_TYPES: dict[str, dict[str, Any]] = {
    "number": {"type": "number", "format": "double"},
    "integer": {"type": "integer", "format": "int64"},
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
    "datetime": {"type": "string", "format": "date-time"},
}
_PROBLEM = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "hint": {"type": "string"},
        "field": {"type": "string", "description": "The column or member at fault."},
        "row": {"type": "integer", "description": "The row at fault, from 0."},
    },
}
_ERRORS = {
    "400": "The body is not JSON or CSV.",
    "401": "No key, or a wrong one.",
    "413": "The body is too large.",
    "422": "A column is missing, unknown, or of another type; `field` and `row` say which.",
    "503": "Too many requests wait; `Retry-After` says when to come back.",
}


def describe(
    tier: Tier, endpoint: str, version: str, sample: list[dict[str, Any]] | None, answers: dict[str, Any]
) -> dict[str, Any]:
    """Write OpenAPI 3.0. answers: what `/score` and `/invocations` said to the sample, by path."""
    row = _row(tier.inputs.columns)
    schemas = {"Row": row, "Answer": _answer(tier), "Problem": _PROBLEM}
    rows = sample or []
    paths: dict[str, Any] = {}
    for path, member, text in (
        ("/score", "data", "Predict rows: labels or numbers, and for classes their probabilities."),
        ("/invocations", "dataframe_records", "Predict rows in MLflow's protocol."),
    ):
        body: dict[str, Any] = {
            "schema": {
                "type": "object",
                "required": [member],
                "properties": {member: {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Row"}}},
            }
        }
        if rows:
            body["example"] = {member: rows}
        answer: dict[str, Any] = {
            "schema": {"$ref": "#/components/schemas/Answer"} if path == "/score" else {"type": "object"}
        }
        if path in answers:
            answer["example"] = answers[path]
        content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        paths[path] = {
            "post": {
                "operationId": path.strip("/"),
                "summary": text,
                "requestBody": {"required": True, "content": {"application/json": body}},
                "responses": {
                    "200": {"description": "The predictions.", "content": {"application/json": answer}},
                    **{status: {"description": said, "content": content} for status, said in _ERRORS.items()},
                },
            }
        }
    for path, said in (("/health", "200 while the model answers."), ("/version", "Endpoint, model version and tier.")):
        paths[path] = {
            "get": {
                "operationId": path.strip("/"),
                "summary": said,
                "security": [],
                "responses": {"200": {"description": said}},
            }
        }
    return {
        "openapi": "3.0.3",
        "info": {"title": endpoint, "version": version or "1", "description": f"Answers as {tier.kind}: {tier.why}."},
        "servers": [{"url": "."}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }


def swagger(document: dict[str, Any]) -> dict[str, Any]:
    """Write the same as Swagger 2.0, which Azure's clients ask for."""
    paths: dict[str, Any] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            said = {
                "operationId": operation["operationId"],
                "summary": operation["summary"],
                "responses": {
                    status: {"description": found["description"]} for status, found in operation["responses"].items()
                },
            }
            if "requestBody" in operation:
                content = operation["requestBody"]["content"]["application/json"]
                schema = _swagger_refs(content["schema"]) | (
                    {"example": content["example"]} if "example" in content else {}
                )
                said |= {
                    "consumes": ["application/json"],
                    "produces": ["application/json"],
                    "parameters": [{"name": "body", "in": "body", "required": True, "schema": schema}],
                }
                if path == "/score":
                    said["responses"]["200"]["schema"] = {"$ref": "#/definitions/Answer"}
            else:
                said["security"] = []
            paths.setdefault(path, {})[method] = said
    return {
        "swagger": "2.0",
        "info": document["info"],
        "securityDefinitions": {"key": {"type": "apiKey", "name": "Authorization", "in": "header"}},
        "security": [{"key": []}],
        "paths": paths,
        "definitions": _swagger_refs(document["components"]["schemas"]),
    }


def _swagger_refs(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: found.replace("#/components/schemas/", "#/definitions/") if key == "$ref" else _swagger_refs(found)
            for key, found in value.items()
            if key != "nullable"
        }
    return [_swagger_refs(item) for item in value] if isinstance(value, list) else value


def _row(columns: tuple[Input, ...]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for column in columns:
        properties[column.name] = dict(_TYPES.get(column.type, {}))
        if not column.required:
            properties[column.name]["nullable"] = True
    row: dict[str, Any] = {"type": "object", "properties": properties}
    required = [column.name for column in columns if column.required]
    return row | ({"required": required} if required else {})


def _answer(tier: Tier) -> dict[str, Any]:
    label: dict[str, Any] = {"type": "number"} if tier.task == "regression" else {}
    if tier.labels:
        label = {"enum": tier.labels}
    properties: dict[str, Any] = {"predictions": {"type": "array", "items": label, "description": "One per row."}}
    if tier.labels:
        chance = {"type": "number", "minimum": 0, "maximum": 1}
        properties["probabilities"] = {
            "type": "array",
            "items": {"type": "object", "additionalProperties": chance},
            "description": "One object per row: the probability of each label.",
        }
    return {"type": "object", "required": ["predictions"], "properties": properties}
