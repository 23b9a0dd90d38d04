"""The first 100 rows of a large CSV file, from a folder and from S3: the time until the answer is there, and the bytes that were read.

    python benchmarks/look/run.py [--bytes 2000000000] [--repeat 20] [--place FOLDER] [--no-s3]

Starts a studio of its own and moto's S3, puts a generated file of 20 columns into both, and asks over HTTP for a look (the wizard's
first page: columns with types, 100 rows, what a choice would lose). "First" is asked a moment after the formats were listed, as the
wizard does when it is opened; "from nothing" before any process was ready. Ends with 1 when a bar is missed.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from studiolo.kernel.http import Transport
from studiolo.sdk.studio import Studio
from studiolo.testing.stores import servers
from studiolo.testing.stores.moto_server import USER_KEY, USER_SECRET
from studiolo.testing.studio import started

BAR_MS, BAR_BYTES = 300.0, 2 << 20
PART = 64 << 20
FORKS = "studiolo.kernel.fork_server"


def generate(path: Path, size: int) -> None:
    """Write rows until the file is as large as asked: the 20 columns of benchmarks/profile, the same 100,000 rows again and again."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "profile"))
    import run as profile

    piece = path.with_suffix(".piece.csv")
    list(profile.generate(piece, 100_000))
    rows = piece.read_bytes()
    piece.unlink()
    first = rows.index(b"\n") + 1
    with path.open("wb") as out:
        out.write(rows[:first])
        while out.tell() < size:
            out.write(rows[first:])


def of_moto(port: int) -> Any:
    """Return a plain client."""
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id=USER_KEY,
        aws_secret_access_key=USER_SECRET,
        region_name="us-east-1",
    )


def to_s3(path: Path, port: int) -> None:
    """Put the file into moto's bucket, in parts."""
    client = of_moto(port)
    upload = client.create_multipart_upload(Bucket="data", Key=path.name)["UploadId"]
    parts = []
    for number, piece in enumerate(_pieces(path), 1):
        made = client.upload_part(Bucket="data", Key=path.name, UploadId=upload, PartNumber=number, Body=piece)
        parts.append({"ETag": made["ETag"], "PartNumber": number})
    client.complete_multipart_upload(Bucket="data", Key=path.name, UploadId=upload, MultipartUpload={"Parts": parts})


def bare(port: int, path: Path, repeat: int) -> tuple[float, float]:
    """Return the medians, in milliseconds, of one range of 1 MiB, and of all that a look asks, with a plain client that is kept."""
    client = of_moto(port)
    size = path.stat().st_size
    ranges = [(0, 1 << 20)]
    ranges += [(start, start + 192 * 1024) for start in (size // 4, size // 2, size * 3 // 4, size - 192 * 1024)]

    def get(piece: tuple[int, int]) -> None:
        client.get_object(Bucket="data", Key=path.name, Range=f"bytes={piece[0]}-{piece[1] - 1}")["Body"].read()

    one, all_ = [], []
    with ThreadPoolExecutor(len(ranges)) as pool:
        for _ in range(repeat + 1):
            began = time.perf_counter()
            get(ranges[0])
            middle = time.perf_counter()
            client.head_object(Bucket="data", Key=path.name)
            list(pool.map(get, ranges))
            one.append((middle - began) * 1000)
            all_.append((time.perf_counter() - middle) * 1000)
    return statistics.median(one[1:]), statistics.median(all_[1:])


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PART):
            yield piece


def forking() -> dict[int, float]:
    """Return the memory (MiB) of the processes that fork, by number."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if FORKS.encode() in (process / "cmdline").read_bytes().split(b"\0"):
                text = (process / "smaps_rollup").read_text()
                found[int(process.name)] = (
                    sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
                )
        except OSError:
            continue
    return found


def look(studio: Studio, source: dict[str, Any]) -> tuple[float, int]:
    """Return milliseconds and bytes of one look."""
    began = time.perf_counter()
    found = studio.datasets.inspect(source)
    took = (time.perf_counter() - began) * 1000
    assert len(found.preview.rows) == 100
    assert len(found.columns) == 20
    return took, found.bytes_read


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=int, default=2_000_000_000)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--place", type=Path, default=None)
    parser.add_argument("--no-s3", action="store_true")
    asked = parser.parse_args()
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    missed = []
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=asked.place)))
        (root / "files").mkdir()
        path = root / "files" / "large.csv"
        generate(path, asked.bytes)
        before = set(forking())
        transport = Transport(home=stack.enter_context(started(root / "home")).home)
        studio = Studio(transport=transport)
        studio.datastores.create("folder", "local", path=str(root / "files"))
        sources = {"folder": {"type": "datastore", "datastore": "folder", "path": path.name}}
        if not asked.no_s3:
            (root / "moto").mkdir()
            port = stack.enter_context(servers.moto(root / "moto", auth=True))
            to_s3(path, port)
            studio.datastores.create(
                "s3", "s3", auth="access_key", bucket="data", endpoint=f"http://127.0.0.1:{port}",
                access_key_id=USER_KEY, credentials={"secret_access_key": USER_SECRET},
            )  # fmt: skip
            sources["s3"] = {"type": "datastore", "datastore": "s3", "path": path.name}
        print(f"{path.stat().st_size / 1e6:,.0f} MB of CSV, 20 columns, {asked.repeat} looks each\n")
        print(f"{'':10}{'from nothing':>14}{'first':>8}{'median':>8}{'p95':>8}{'bytes read':>12}")
        for name, source in sources.items():
            cold = look(studio, source)[0] if name == "folder" else float("nan")
            transport.get("datasets/formats")
            time.sleep(2)  # somebody reads the first page of the wizard
            first, read = look(studio, source)
            times = sorted(look(studio, source)[0] for _ in range(asked.repeat))
            middle, late = statistics.median(times), times[min(len(times) - 1, int(0.95 * len(times)))]
            print(f"{name:10}{cold:14.0f}{first:8.0f}{middle:8.0f}{late:8.0f}{read:12,}")
            if middle >= BAR_MS:
                missed.append(f"{name}: {middle:.0f} ms (bar {BAR_MS:.0f})")
            if read > BAR_BYTES:
                missed.append(f"{name}: {read:,} bytes (bar {BAR_BYTES:,})")
        if "s3" in sources:
            one, all_ = bare(port, path, asked.repeat)
            print(
                f"\nmoto alone, asked by a plain client: {one:.0f} ms for 1 MiB, {all_:.0f} ms for all that a look asks"
            )
        ours = {pid: held for pid, held in forking().items() if pid not in before}
        print(f"\nmemory of the process that forks: {sum(ours.values()):.0f} MiB")
    for one in missed:
        print(f"MISSED {one}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
