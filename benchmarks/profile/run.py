"""The profile of a generated table beside decoding its columns and beside others that profile, in one run.

    python benchmarks/profile/run.py [--rows 1000000 10000000] [--formats parquet csv] [--repeat 3] [--peers summarize polars ydata]

The floor is DuckDB's `max` of every column of the same file with the same threads: nobody profiles without decoding.
Each measurement is a process of its own that imports what it needs and no more: decoding and SUMMARIZE are DuckDB and one sentence
of SQL that was written before, with the same settings; the profile is what the profile job runs. CPU is user + system time of the whole
process, its start and imports included; "work" is what of it came after the imports. Memory is the peak resident size. Peers that are not
installed here (Polars, ydata-profiling) get an environment of their own, made by pip when it is first asked for.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # a peer's Python starts this very file
import peers

COLUMNS = {
    "id": "i",
    "i_small": "(random() * 100)::INTEGER",
    "i_mid": "(random() * 100000)::INTEGER",
    "i_big": "CASE WHEN random() > 0.05 THEN (random() * 1e12)::BIGINT END",
    "f_uniform": "random()",
    "f_normal": "sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())",
    "f_lognormal": "exp(sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))",
    "f_zeros": "CASE WHEN random() < 0.95 THEN 0.0 ELSE random() * 10 END",
    "f_missing": "CASE WHEN random() > 0.25 THEN random() * 1000 END",
    "f_sum": "i * 0.5 + random()",
    "s_100": "'category ' || (random() * 99)::INTEGER",
    "s_100k": "'item ' || (random() * 99999)::INTEGER",
    "s_unique": "md5(i::VARCHAR)",
    "s_5": "['red', 'green', 'blue', 'black', 'white'][1 + (random() * 4)::INTEGER]",
    "s_missing": "CASE WHEN random() > 0.1 THEN 'town ' || (random() * 999)::INTEGER END",
    "d_date": "DATE '2015-01-01' + (random() * 3650)::INTEGER",
    "d_time": "TIMESTAMP '2015-01-01' + to_seconds(random() * 3e8)",
    "d_missing": "CASE WHEN random() > 0.15 THEN DATE '2020-01-01' + (random() * 700)::INTEGER END",
    "b_even": "random() < 0.5",
    "b_rare": "CASE WHEN random() > 0.2 THEN random() < 0.01 END",
}
BARS = {"parquet": 2.5, "csv": 2.0}  # CPU of the profile, in that of decoding
SUMMARIZE, MEMORY, FLAT = 0.5, 512, 0.2
COMPILED = Path(tempfile.gettempdir()) / "studiolo-profile-compiled"
LOADED = "import run; from studiolo.studio.datasets.profile import compute, leaks; from studiolo.studio.datasets.formats.base import family; family()"
FEW = 1_000_000  # rows that ydata-profiling is asked for at most: it holds them all, several times


def generate(path: Path, rows: int) -> Iterator[None]:
    import duckdb

    yield
    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET memory_limit = '1500MB'; SET preserve_insertion_order = false")
    connection.execute("SELECT setseed(0.42)")
    picked = ", ".join(f"{sql} AS {name}" for name, sql in COLUMNS.items())
    kind = "FORMAT parquet, COMPRESSION zstd" if path.suffix == ".parquet" else "HEADER"
    connection.execute(f"COPY (SELECT {picked} FROM range({rows}) t(i)) TO '{path}' ({kind})")


def opened(path: Path, schema_file: Path) -> "object":
    from studiolo.studio.datasets.schemas import TableSchema
    from studiolo.studio.datasets.table_file import TableInput

    return TableInput.of(path, TableSchema.model_validate_json(schema_file.read_text()))


def ours(path: Path, schema_file: Path) -> Iterator[None]:
    from studiolo.studio.datasets.profile.compute import profile

    yield
    with tempfile.TemporaryDirectory() as spill:
        found = profile(opened(path, schema_file), Path(spill))
    assert found.columns[0].count == found.rows


def exact(path: Path, schema_file: Path) -> Iterator[None]:
    from studiolo.studio.datasets.profile.compute import How, profile

    yield
    with tempfile.TemporaryDirectory() as spill:
        assert profile(opened(path, schema_file), Path(spill), how=How(exact=True)).sample.exact


def inspect(path: Path, schema_file: Path) -> Iterator[None]:
    from studiolo.studio.datasets import looking, table_file
    from studiolo.studio.datasets.formats.base import Source
    from studiolo.studio.datasets.reading import engine

    yield
    with tempfile.TemporaryDirectory() as work:
        found = looking.inspect(Source(path, path.name, Path(work)))
    schema_file.write_text(found.schema.model_dump_json())
    scan = table_file.scan(table_file.TableInput.of(path, found.schema))
    columns = ", ".join(f"max({engine.name(column.name)})" for column in found.schema.columns)
    asked = {"decode": f"SELECT {columns} FROM ({scan})", "summarize": f"SUMMARIZE {scan}"}
    peers.asked(schema_file).write_text(json.dumps(asked))


STEPS = {
    "generate": generate,
    "inspect": inspect,
    "floor": peers.decode,
    "profile": ours,
    "exact": exact,
    "summarize": peers.summarize,
    "polars": peers.polars,
    "ydata": peers.ydata,
}


def environment() -> dict[str, str]:
    """Return the environment of a step: modules are compiled once, as an installed package's are, whatever this machine is told."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    told = {"OMP_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}  # what the profile job is started with
    return kept | told | {"PYTHONPYCACHEPREFIX": str(COMPILED)}


def compile_once() -> None:
    command = [sys.executable, "-c", LOADED]
    subprocess.run(command, check=True, cwd=Path(__file__).parent, env=environment())


def measure(step: str, *arguments: object, python: Path | None = None, timeout: float = 1800) -> dict[str, float]:
    """Run a step in its own process."""
    command = [str(python or sys.executable), __file__, "--step", step, *map(str, arguments)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=timeout, env=environment())
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def one_step(step: str, arguments: list[str]) -> None:
    """Run a step in this process: it imports, yields once, and works."""
    started = time.monotonic()
    values: list[object] = [Path(arguments[0]), int(arguments[1]) if step == "generate" else Path(arguments[1])]
    running = STEPS[step](*values)  # type: ignore[operator]
    next(running)
    begun = used()
    next(running, None)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    cpu = used()
    print(json.dumps({"wall": time.monotonic() - started, "cpu": cpu, "work": cpu - begun, "mib": peak}))


def used() -> float:
    """Return the CPU seconds of this process, from its start."""
    found = resource.getrusage(resource.RUSAGE_SELF)
    return found.ru_utime + found.ru_stime


def show(name: str, found: dict[str, float], base: dict[str, float] | None = None) -> None:
    ratio = f"{found['cpu'] / base['cpu']:8.2f}{found['work'] / base['work']:8.2f}" if base else ""
    print(f"{name:12}{found['wall']:8.2f}{found['cpu']:8.2f}{found['work']:8.2f}{found['mib']:7.0f}{ratio}", flush=True)


def table(folder: Path, kind: str, rows: int, asked: argparse.Namespace) -> dict[str, float]:
    """Measure one file; returns the median ratio, that to SUMMARIZE, and the peak of ours."""
    path, schema = folder / f"t.{kind}", folder / "schema.json"
    measure("generate", path, rows)
    print(f"\n{rows:,} rows x {len(COLUMNS)} columns, {path.stat().st_size / 1e6:,.0f} MB of {kind}")
    print(f"{'':12}{'wall s':>8}{'CPU s':>8}{'work s':>8}{'MiB':>7}{'x decode: CPU, work':>20}")
    show("inspect", measure("inspect", path, schema))
    pairs = []
    for _ in range(asked.repeat):
        base, found = measure("floor", path, schema), measure("profile", path, schema)
        pairs.append((base, found))
        show("decode", base)
        show("profile", found, base)
    middle = sorted(pairs, key=lambda pair: pair[1]["cpu"] / pair[0]["cpu"])[len(pairs) // 2]
    result = {
        "ratio": statistics.median(found["cpu"] / base["cpu"] for base, found in pairs),
        "mib": max(found["mib"] for _, found in pairs),
        "cpu": middle[1]["cpu"],
    }
    if asked.exact:
        show("exact", measure("exact", path, schema), middle[0])
    for peer in asked.peers:
        if peer == "ydata" and rows > FEW:
            print(f"{peer:12} left out: it holds the whole table in memory, several times")
            continue
        try:
            found = measure(peer, path, schema, python=peers.python_of(peer), timeout=asked.patience)
        except peers.Missing as error:
            print(f"{peer:12} not measured: {error}")
            continue
        except subprocess.TimeoutExpired:
            print(f"{peer:12} not done after {asked.patience:.0f} s")
            continue
        except subprocess.CalledProcessError as error:
            print(f"{peer:12} failed: {(error.stderr.strip().splitlines() or ['?'])[-1][:160]}")
            continue
        show(peer, found, middle[0])
        print(
            f"{'':12}ours is {middle[1]['cpu'] / found['cpu']:.2f} x its CPU, {middle[1]['mib'] / found['mib']:.2f} x its memory"
        )
        result[peer] = middle[1]["cpu"] / found["cpu"]
    path.unlink()
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--formats", nargs="+", default=["parquet", "csv"], choices=["parquet", "csv"])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peers", nargs="*", default=["summarize", "polars", "ydata"])
    parser.add_argument("--exact", action="store_true", help="measure the exact profile too")
    parser.add_argument("--patience", type=float, default=600, help="seconds that a peer may take")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        one_step(asked.step[0], asked.step[1:])
        return 0
    compile_once()
    print(
        f"{platform.platform()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    failed = []
    with tempfile.TemporaryDirectory(prefix="studiolo-profile-") as folder:
        for kind in asked.formats:
            found = {rows: table(Path(folder), kind, rows, asked) for rows in sorted(asked.rows)}
            print()
            for rows, each in found.items():
                for what, value, bar in (
                    ("CPU, in that of decoding", each["ratio"], BARS[kind]),
                    ("CPU, in that of SUMMARIZE", each.get("summarize"), SUMMARIZE),
                    ("peak memory, MiB", each["mib"], MEMORY),
                ):
                    if value is None:
                        continue
                    held = value <= bar
                    failed += [] if held else [what]
                    print(f"{kind}, {rows:>10,} rows: {what} {value:.2f} (bar {bar}){'' if held else '  NOT HELD'}")
            peaks = [each["mib"] for each in found.values()]
            if len(peaks) > 1:
                grown = peaks[-1] / peaks[0] - 1
                failed += [] if grown <= FLAT else ["flat"]
                print(f"{kind}: memory of the largest is {grown:+.0%} of the smallest's (bar +{FLAT:.0%})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
