"""A job fetches a model from a web address or another MLflow; what it may not ask, it does not."""

import json
import pickle
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sklearn.linear_model import LinearRegression

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Denied, Invalid, Remote
from studiolo.kernel.outbound import AddressRefused
from studiolo.sdk.studio import Studio
from studiolo.studio.experiments import service as experiments
from studiolo.studio.models import fetching
from studiolo.studio.models.errors import FetchFailed, FetchNotFound
from studiolo.studio.models.schemas import Fetch, FetchCreate
from studiolo.testing.studio import Started, started

TOKEN = "a-token-that-nobody-may-see"
MODEL = pickle.dumps(LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0]))


class Web(BaseHTTPRequestHandler):
    """Hands out a model, in several ways."""

    asked: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers.get("Authorization")))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/model.pkl")
            self.end_headers()
        elif self.path == "/to-metadata":
            self.send_response(302)
            self.send_header("Location", "http://user@169.254.169.254/latest/")
            self.end_headers()
        elif self.path == "/secret.pkl" and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.send_error(401)
        elif self.path == "/cut.pkl":
            self.send_response(200)
            self.send_header("Content-Length", str(len(MODEL) + 1000))
            self.end_headers()
            self.wfile.write(MODEL)
        elif self.path == "/slow.pkl":
            self.send_response(200)
            self.send_header("Content-Length", str(10_000_000))
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 1000)
                    time.sleep(0.05)
            except OSError:
                return
        elif self.path == "/large.pkl":
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 40))
            self.end_headers()
        elif self.path.split("?")[0] in ("/model.pkl", "/secret.pkl"):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(MODEL)
        else:
            self.send_error(404)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    env = {"STUDIOLO_FETCH_PRIVATE": "true"}
    with started(tmp_path_factory.mktemp("fetch") / "home", env=env) as found:
        yield found


@pytest.fixture(scope="module")
def studio(live: Started) -> Studio:
    return Studio(url=live.url, home=live.home)


def until_swept(live: Started, seconds: float = 20) -> None:
    """Wait until nothing is left of what jobs were to fetch: the controller removes it at its next look."""
    until = time.monotonic() + seconds
    while left := list((live.home / "secrets" / "fetches").iterdir()):
        assert time.monotonic() < until, left
        time.sleep(0.05)


def test_a_web_address_becomes_a_version(studio: Studio, web: str, live: Started) -> None:
    seen: list[Fetch] = []
    made = studio.models.register_from(f"{web}/model.pkl?signature=hidden", "web", progress=seen.append)
    assert (made.name, made.version, made.source) == ("web", 1, f"{web}/model.pkl")
    assert "sklearn" in made.flavors
    assert seen[-1].state == "done"
    assert studio.models.register_from(f"{web}/moved", "web").version == 1  # the same bytes
    until_swept(live)


def test_a_token_is_sent_and_lies_nowhere(studio: Studio, web: str, live: Started) -> None:
    with pytest.raises(FetchFailed, match=r"refuses with 401.*It asks for a token"):
        studio.models.register_from(f"{web}/secret.pkl", "secret")
    studio.models.register_from(f"{web}/secret.pkl", "secret", token=TOKEN)
    assert ("/secret.pkl", f"Bearer {TOKEN}") in Web.asked
    kept = [path for path in live.home.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]
    assert kept == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nothing", "answers 404"),
        ("cut.pkl", "ended|closed|incomplete"),
        ("large.pkl", "larger than"),
        ("to-metadata", "user or a fragment"),
    ],
)
def test_a_failure_is_said_in_words(studio: Studio, web: str, path: str, words: str) -> None:
    with pytest.raises(FetchFailed, match=words):
        studio.models.register_from(f"{web}/{path}", "bad")
    with pytest.raises(Remote, match="not found"):
        studio.models.get("bad")


def test_a_fetch_is_stopped(studio: Studio, web: str) -> None:
    path = "models/slow/fetches"
    transport = studio.models._transport
    found = Fetch.model_validate(transport.post(path, json={"address": f"{web}/slow.pkl"}))
    until = time.monotonic() + 60
    while not found.progress:
        assert found.state in ("queued", "running")
        assert time.monotonic() < until
        time.sleep(0.05)
        found = Fetch.model_validate(transport.get(f"{path}/{found.run_id}"))
    assert "MB" in found.label
    transport.delete(f"{path}/{found.run_id}")
    while found.state == "running":
        assert time.monotonic() < until
        time.sleep(0.05)
        found = Fetch.model_validate(transport.get(f"{path}/{found.run_id}"))
    assert (found.state, found.version) == ("canceled", None)


def test_another_mlflow_is_read_by_version_alias_and_run(studio: Studio, live: Started, tmp_path: Path) -> None:
    import mlflow

    file = tmp_path / "model.pkl"
    file.write_bytes(MODEL)
    first = studio.models.register("origin", source=file)
    studio.models.set_alias("origin", "best", 1)
    there, token = f"{live.url}/w/default", studio.models._transport.token
    made = studio.models.register_from("models:/origin/1", "copy", tracking_uri=there, token=token)
    assert (made.flavors, made.size) == (first.flavors, first.size)
    assert made.source == f"models:/origin/1 of {there}"
    again = studio.models.register_from("models:/origin@best", "copy", tracking_uri=there, token=token)
    assert again.version == made.version
    with pytest.raises(FetchFailed, match=r"refuses with 40[13]"):
        studio.models.register_from("models:/origin/1", "copy", tracking_uri=there, token="wrong")
    with pytest.raises(FetchFailed, match=r"404.*origin.*99"):
        studio.models.register_from("models:/origin/99", "copy", tracking_uri=there, token=token)
    old = mlflow.get_tracking_uri()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MLFLOW_TRACKING_TOKEN", token)
            mlflow.set_tracking_uri(there)
            import mlflow.sklearn

            with mlflow.start_run(experiment_id="0") as run:  # else that of another test of this process
                mlflow.sklearn.log_model(pickle.loads(MODEL), name="model", pip_requirements=["scikit-learn"])
    finally:
        mlflow.set_tracking_uri(old)
    address = f"runs:/{run.info.run_id}/model"
    assert studio.models.register_from(address, "of-run", tracking_uri=there, token=token).flavors


def test_the_command_line_lets_the_studio_fetch(live: Started, web: str) -> None:
    words = ("models", "register", f"{web}/model.pkl", "--name", "by-cli", "--on-server", "-o", "json")
    made = json.loads(live.command(*words).stdout)
    assert (made["name"], made["version"]) == ("by-cli", 1)


def test_what_may_not_be_asked_is_refused_before_a_job_is_made(ctx: Context) -> None:
    for address in ("http://example.org/m.pkl", "https://127.0.0.1/m", "https://[::ffff:10.0.0.1]/m", "https://a@b/m"):
        with pytest.raises(AddressRefused):
            fetching.start(ctx, "m", FetchCreate(address=address))
    with pytest.raises(AddressRefused, match="STUDIOLO_FETCH_PRIVATE"):
        fetching.start(ctx, "m", FetchCreate(address="models:/m/1", tracking_uri="https://192.168.1.1"))
    with pytest.raises(Invalid, match="s3://"):
        fetching.start(ctx, "m", FetchCreate(address="s3://bucket/m"))
    with pytest.raises(Invalid, match="Which MLflow"):
        fetching.start(ctx, "m", FetchCreate(address="models:/m/1"))
    assert experiments.list_runs(ctx, experiments.RunFilter()).items == []


def test_an_order_is_read_by_its_job_alone_and_forgotten_at_the_end(any_ctx: Context) -> None:
    secret = FetchCreate(address="https://example.org/m.pkl?sig=s3cr3t", token=TOKEN)
    made = fetching.start(any_ctx, "m", secret)
    assert made.state == "queued"
    with pytest.raises(Denied):
        fetching.order(any_ctx, "m", made.run_id)
    spec = experiments.spec(any_ctx, made.run_id)
    assert spec is not None
    assert TOKEN not in spec.model_dump_json()
    assert "s3cr3t" not in spec.model_dump_json()
    with pytest.raises(FetchNotFound):
        fetching.get(any_ctx, "another", made.run_id)
    fetching.forget_ended(any_ctx)
    (kept,) = (any_ctx.settings.home / "secrets" / "fetches").iterdir()
    assert TOKEN.encode() not in kept.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0
