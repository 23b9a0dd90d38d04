"""A wrong type in each field of each request: the requests are those of the messages that mlflow's client brings."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from mlflow.protos import databricks_pb2, model_registry_pb2, service_pb2
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.mlflow import protocol
from studiolo.server.app import slice_routers
from studiolo.testing.client import make_client, owner_token
from studiolo.testing.context import make_services

# fields of the messages that mean nothing to a server with a database of its own, or that MLflow itself no longer reads
UNREAD = {
    "mlflow.LogBatch.metrics.run_id",
    "mlflow.CreateRegisteredModel.deployment_job_id",
    "mlflow.UpdateRegisteredModel.deployment_job_id",
}
F = FieldDescriptor
Field = tuple[str, ...]


class Asked:
    """A request of the protocol: method, path below `/api/`, and its message."""

    def __init__(self, method: str, path: str, message: Descriptor) -> None:
        self.method, self.path, self.message = method, path, message

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"


def asked() -> list[Asked]:
    """Return the requests that the studio answers."""
    slice_routers("root_router")
    served = {(method, path.replace(":path", "")) for method, path in protocol.registered()}
    found = {}
    for module in (service_pb2, model_registry_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                for endpoint in method.GetOptions().Extensions[databricks_pb2.rpc].endpoints:
                    path = f"{endpoint.since.major}.0{endpoint.path}"
                    if (endpoint.method, path) in served and "/traces" not in path:
                        found[endpoint.method, path] = Asked(endpoint.method, path, method.input_type)
    return list(found.values())


def repeated(field: FieldDescriptor) -> bool:
    return bool(field.is_repeated if hasattr(field, "is_repeated") else field.label == F.LABEL_REPEATED)


def example(field: FieldDescriptor, known: dict[str, Any]) -> Any:
    """Return a value that a field may have."""
    if field.name in known and not repeated(field):
        return known[field.name]
    if field.type == F.TYPE_MESSAGE:
        one = body(field.message_type, known)
    elif field.type == F.TYPE_ENUM:
        one = field.enum_type.values[-1].name
    elif field.type == F.TYPE_STRING:
        one = known.get(field.name.rstrip("s"), "x")
    else:
        one = True if field.type == F.TYPE_BOOL else 1
    return [one] if repeated(field) else one


def body(message: Descriptor, known: dict[str, Any]) -> dict[str, Any]:
    """Return a request that has every field."""
    left_out = {"page_token", "filter", "order_by", "run_uuid", "status", "artifact_location", "datasets"}
    fields = [field for field in message.fields if field.name not in left_out]
    return {field.name: example(field, known) for field in fields}


def places(message: Descriptor, known: dict[str, Any]) -> Iterator[tuple[FieldDescriptor, Field]]:
    """Yield each field of a message and of the messages in it, with the names on the way there."""
    for field in message.fields:
        yield field, (field.name,)
        if field.type == F.TYPE_MESSAGE:
            yield from ((inner, (field.name, *names)) for inner, names in places(field.message_type, known))


def wrong(field: FieldDescriptor) -> list[Any]:
    """Return values that a field may not have."""
    if repeated(field):
        return ["x", 5, {"a": 1}]
    return {
        F.TYPE_STRING: [5, ["x"], {"a": 1}, True, "a\x00b"],
        F.TYPE_BOOL: ["x", 5, []],
        F.TYPE_MESSAGE: ["x", 5, ["x"]],
        F.TYPE_ENUM: ["NOPE", [], {"a": 1}],
        F.TYPE_DOUBLE: ["x", [], {"a": 1}],
    }.get(field.type, ["x", [], {"a": 1}, True, 1.5, 2**63])


def put(whole: dict[str, Any], message: Descriptor, names: Field, value: Any, known: dict[str, Any]) -> dict[str, Any]:
    """Return a request with another value in one place."""
    field = message.fields_by_name[names[0]]
    if len(names) == 1:
        return {**whole, names[0]: value}
    inner = put(body(field.message_type, known), field.message_type, names[1:], value, known)
    return {**whole, names[0]: [inner] if repeated(field) else inner}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, dict[str, Any]]]:
    """A studio with one of everything, and the values that name it."""
    services: Services = make_services(tmp_path_factory.mktemp("types") / "home")
    with make_client(services, owner_token(services)) as client:

        def post(path: str, **sent: Any) -> Any:
            return client.post(f"/api/2.0/mlflow/{path}", json=sent).json()

        experiment_id = post("experiments/create", name="one")["experiment_id"]
        run_id = post("runs/create", experiment_id=experiment_id)["run"]["info"]["run_id"]
        model_id = post("logged-models", experiment_id=experiment_id, name="m")["model"]["info"]["model_id"]
        post("registered-models/create", name="model")
        post("model-versions/create", name="model", source="s3://a/b")
        known = {"experiment_id": experiment_id, "run_id": run_id, "name": "model", "version": "1", "stage": "Staging"}
        known |= {"model_id": model_id, "alias": "best", "new_name": "other", "max_results": 5, "source": "s3://a/b"}
        yield client, {**known, "field_name": "name", "model_json": "{}", "source_run_id": run_id}
    services.db.close()


@pytest.mark.parametrize("request_", asked(), ids=repr)
def test_a_wrong_type_is_refused_by_the_name_of_its_field(
    scene: tuple[TestClient, dict[str, Any]], request_: Asked
) -> None:
    client, known = scene
    whole = body(request_.message, known)
    problems = []
    for field, names in places(request_.message, known):
        in_path = f"{{{names[0]}}}" in request_.path
        if in_path or f"{request_.message.full_name}.{'.'.join(names)}" in UNREAD:
            continue
        for value in wrong(field):
            if request_.method == "GET" and (field.type == F.TYPE_STRING or not isinstance(value, str)):
                continue  # a query has only texts
            sent = put(whole, request_.message, names, value, known)
            path = request_.path.format_map({**known, "tag_key": "x"})
            if request_.method == "GET":
                reply = client.get(f"/api/{path}", params={k: v for k, v in sent.items() if not isinstance(v, dict)})
            else:
                reply = client.request(request_.method, f"/api/{path}", json=sent)
            answer = reply.json()
            told = reply.status_code == 400 and names[-1] in answer["message"]
            if not told or answer["error_code"] != "INVALID_PARAMETER_VALUE":
                problems.append(f"{'.'.join(names)} = {value!r}: {reply.status_code} {str(answer)[:200]}")
    assert not problems, "\n".join(problems)
