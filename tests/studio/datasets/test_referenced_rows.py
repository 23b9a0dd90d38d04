"""Versions whose files stay in their datastore: streamed, previewed by windows, watched, checked; a folder and S3."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from studiolo.kernel.context import Context
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.errors import DatasetChanged
from studiolo.studio.datasets.monitors import counting, reconcile
from studiolo.studio.datasets.monitors import service as monitors
from studiolo.studio.datasets.monitors.schemas import MonitorCreate, PreviewRequest
from studiolo.studio.datasets.quality import service as quality
from studiolo.studio.datasets.quality.schemas import CheckRequest, QualitySettings
from studiolo.studio.datasets.registration_schemas import FromDatastore, RegistrationCreate
from studiolo.studio.datasets.registrations import orders
from studiolo.studio.datasets.rows import service as rows
from studiolo.studio.datasets.rows.schemas import SplitCreate
from studiolo.studio.datasets.schemas import DatasetVersion
from studiolo.studio.datastores import opening
from studiolo.studio.datastores import service as datastores
from studiolo.studio.datastores.schemas import DatastoreCreate
from studiolo.studio.experiments import service as experiments
from studiolo.testing.stores import servers
from studiolo.testing.stores.moto_server import USER_KEY, USER_SECRET
from tests.studio.datasets.monitors.made import FIRST, clocked, csv, queued, run_all
from tests.studio.datasets.registering import finish

DAYS, PER_DAY = 6, 60


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    try:
        with servers.moto(tmp_path_factory.mktemp("moto"), auth=True) as found:
            yield found
    except servers.ServerMissing as error:
        pytest.skip(str(error))


@pytest.fixture(params=["local", "s3"])
def kind(request: pytest.FixtureRequest, ctx: Context, tmp_path: Path) -> str:
    """The datastore `data`, of each kind in turn."""
    if request.param == "local":
        (tmp_path / "src").mkdir()
        spec = DatastoreCreate(name="data", kind="local", config={"path": str(tmp_path / "src")})
    else:
        config: dict[str, Any] = {"bucket": "data", "access_key_id": USER_KEY, "folder": tmp_path.name}
        config["endpoint"] = f"http://127.0.0.1:{request.getfixturevalue('moto')}"
        spec = DatastoreCreate(
            name="data", kind="s3", auth="access_key", config=config, credentials={"secret_access_key": USER_SECRET}
        )
    datastores.create(ctx, spec)
    return str(request.param)


def put(ctx: Context, path: str, data: bytes) -> None:
    datastores.store(ctx, "data").write(path, io.BytesIO(data), len(data))


def sales(ctx: Context, folder: Path) -> DatasetVersion:
    """Register six days of rows in two files, which stay where they are."""
    head, *lines = csv(DAYS, PER_DAY, moved=(5,)).decode().splitlines()
    half = len(lines) // 2
    for name, some in (("1.csv", lines[:half]), ("2.csv", lines[half:])):
        put(ctx, f"sales/{name}", "\n".join([head, *some, ""]).encode())
    asked = RegistrationCreate(
        name="sales", kind="tabular", mode="referenced", source=FromDatastore(datastore="data", path="sales")
    )
    done = finish(ctx, orders.start(ctx, asked), folder)
    assert done.state == "done", done.error
    return datasets.get(ctx, "sales", done.version)


def table(ctx: Context, **asked: Any) -> pa.Table:
    return pa.ipc.open_stream(b"".join(rows.arrow(ctx, "sales", None, **asked))).read_all()


def test_rows_are_streamed_until_a_file_changes(ctx: Context, kind: str, tmp_path: Path) -> None:
    made = sales(ctx, tmp_path)
    assert (made.mode, made.file_count) == ("referenced", 2), kind
    assert table(ctx).num_rows == DAYS * PER_DAY
    rows.create_split(ctx, "sales", None, SplitCreate())
    parts = [table(ctx, split=part, columns=["id"])["id"].to_pylist() for part in ("train", "test")]
    assert len(set(parts[0]) | set(parts[1])) == len(parts[0]) + len(parts[1]) == DAYS * PER_DAY
    before = datastores.for_job(ctx, "data")
    put(ctx, "sales/2.csv", b"at,amount,kind,id\n2026-01-02 00:00:00,1,a,x\n")
    assert before
    for file in (ctx.settings.home / "cache" / "referenced").iterdir():
        file.unlink()
    with pytest.raises(DatasetChanged, match=r"2\.csv"):
        table(ctx)


def test_windows_are_counted_and_watched_and_rules_are_checked(
    ctx: Context, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sales(ctx, tmp_path)
    preview = counting.preview(ctx, PreviewRequest(dataset="sales", timestamp="at", frequency="day"))
    assert [one.rows for one in preview.windows] == [PER_DAY] * DAYS, kind
    ctx, clock = clocked(ctx, days=3)
    spec: dict[str, Any] = {
        "name": "daily",
        "baseline": {"dataset": "sales", "timestamp": "at", "start": FIRST, "end": FIRST + timedelta(days=3)},
        "target": {"dataset": "sales", "timestamp": "at"},
        "since": FIRST + timedelta(days=5),
    }
    monitors.create(ctx, MonitorCreate.model_validate(spec))
    clock.advance(4 * 86_400)
    reconcile.tick(ctx)
    (run_id,) = queued(ctx, "drift")
    found = experiments.spec(ctx, run_id)
    assert found is not None
    assert found.secrets == {"STUDIOLO_STORE_DATA": "datastore:data"}
    monkeypatch.setenv(opening.variable("data"), datastores.for_job(ctx, "data"))  # as the controller does at launch
    assert run_all(ctx, "drift", tmp_path / "jobs") == 1
    reconcile.tick(ctx)
    window = monitors.list_windows(ctx, "daily").items[-1]  # the schedule has gone on to the next one
    assert (window.state, window.drifting) == ("done", True), window.error
    rules = QualitySettings.model_validate({"rules": [{"type": "row_count", "min": DAYS * PER_DAY}]})
    quality.keep(ctx, "sales", rules)
    check = quality.check_now(ctx, "sales", CheckRequest())
    assert check.run_id
    asked = experiments.spec(ctx, check.run_id)
    assert asked is not None
    assert asked.secrets == {"STUDIOLO_STORE_DATA": "datastore:data"}
