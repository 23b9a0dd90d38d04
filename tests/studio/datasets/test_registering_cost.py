"""What registering a folder again costs: its files are held once, and nothing is kept of each beyond a kilobyte or so."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.storage import manifests
from studiolo.kernel.storage.blobs import LocalBlobStore
from studiolo.studio.datasets.registration_schemas import FromDatastore, RegistrationCreate
from studiolo.studio.datasets.registrations import job, orders
from tests.studio.datasets.registering import a_folder, work_on

FILES = 100_000
REGISTER = """
import json, os, resource, sys
from pathlib import Path
from studiolo.runner.journal import Journal
from studiolo.studio.datasets.registration_schemas import FromDatastore
from studiolo.studio.datasets.registrations.job import Registering
from studiolo.studio.datasets.registrations.order import Order
from studiolo.studio.datastores import opening

root, home = Path(sys.argv[1]), Path(sys.argv[2])
os.environ["STUDIOLO_HOME"] = str(home)
os.environ[opening.variable("data")] = opening.packed("data", "local", "none", {"path": str(root)}, {})
order = Order(
    name="many", kind="file", mode="referenced", source=FromDatastore(datastore="data"), limit=1 << 50, seconds=600,
    line_limit=1 << 20, workspace_id="0" * 32,
)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = Registering(order, home, home, Journal("")).run()
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"files": found.file_count, "manifest": found.manifest, "grown_kib": grown}))
"""


def test_a_hundred_thousand_files_are_registered_in_bounded_memory(tmp_path: Path) -> None:
    source, home = tmp_path / "source", tmp_path / "home"
    (home / "blobs").mkdir(parents=True)
    for number in range(FILES // 1000):
        folder = source / f"{number:03}"
        folder.mkdir(parents=True)
        first = folder / "0"
        first.write_text(str(number))
        for other in range(1, 1000):
            (folder / str(other)).hardlink_to(first)  # a name costs less than a file, and is as much work to register
    done = subprocess.run(
        [sys.executable, "-c", REGISTER, str(source), str(home)],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["files"] == FILES
    assert told["grown_kib"] * 1024 < 1500 * FILES
    found = manifests.Manifest(LocalBlobStore(home / "blobs"), told["manifest"])
    assert len(found.parts()) > 10
    assert sum(1 for _ in found.below("042")) == 1000


@pytest.mark.parametrize("fresh", [True, False])
def test_blobs_that_were_held_a_moment_ago_are_not_held_again(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: bool
) -> None:
    monkeypatch.setattr(job, "_FRESH_SECONDS", 3600.0 if fresh else -1.0)
    a_folder(ctx, tmp_path / "src")
    for number in range(3):
        (tmp_path / "src" / f"{number}.txt").write_text(str(number))
    asked = RegistrationCreate(name="d", kind="file", source=FromDatastore(datastore="data"))
    held: list[str] = []
    plain = LocalBlobStore.keep_all

    def keep_all(store: LocalBlobStore, digests: list[str]) -> list[str]:
        given = list(digests)
        held.extend(given)
        return plain(store, given)

    monkeypatch.setattr(LocalBlobStore, "keep_all", keep_all)
    result = work_on(ctx, orders.start(ctx, asked).run_id, tmp_path)
    files = {str(entry.digest) for entry in manifests.Manifest(ctx.blobs, result.manifest).entries()}
    assert result.manifest in held
    assert (files & set(held)) == (set() if fresh else files)
