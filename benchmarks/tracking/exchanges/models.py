"""Requests about logged models, the registry and artifacts."""

from collections.abc import Iterator

from exchanges.case import Case, get, post, tag


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
