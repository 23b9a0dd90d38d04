"""The profile of a generated table beside decoding its columns, in one run.

    python benchmarks/profile/run.py [--rows 10000000] [--repeat 3] [--csv]

The floor is DuckDB's `max` of every column of the same file with the same threads: nobody profiles without decoding.
Each measurement is a process of its own; CPU is its user + system time, memory its peak resident size.
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
from pathlib import Path

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


def generate(path: Path, rows: int) -> None:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 2; SET memory_limit = '1500MB'; SET preserve_insertion_order = false")
    connection.execute("SELECT setseed(0.42)")
    picked = ", ".join(f"{sql} AS {name}" for name, sql in COLUMNS.items())
    kind = "FORMAT parquet, COMPRESSION zstd" if path.suffix == ".parquet" else "HEADER"
    connection.execute(f"COPY (SELECT {picked} FROM range({rows}) t(i)) TO '{path}' ({kind})")


def floor(path: Path, schema_file: Path) -> None:
    from studiolo.studio.datasets import table_file
    from studiolo.studio.datasets.reading import engine
    from studiolo.studio.datasets.schemas import TableSchema

    schema = TableSchema.model_validate_json(schema_file.read_text())
    connection = engine.connect(memory="500MB", threads=2)
    columns = ", ".join(f"max({engine.name(column.name)})" for column in schema.columns)
    connection.execute(f"SELECT {columns} FROM ({table_file.scan(table_file.TableInput.of(path, schema))})").fetchall()


def ours(path: Path, schema_file: Path) -> None:
    from studiolo.studio.datasets.profile.compute import profile
    from studiolo.studio.datasets.reading.table_input import TableInput
    from studiolo.studio.datasets.schemas import TableSchema

    with tempfile.TemporaryDirectory() as spill:
        found = profile(TableInput.of(path, TableSchema.model_validate_json(schema_file.read_text())), Path(spill))
    assert found.columns[0].count == found.rows


def inspect(path: Path, schema_file: Path) -> None:
    from studiolo.studio.datasets import table_file
    from studiolo.studio.datasets.formats.base import Source

    with tempfile.TemporaryDirectory() as work:
        found = table_file.inspect(Source(path, path.name, Path(work)))
    schema_file.write_text(found.schema.model_dump_json())


STEPS = {"generate": generate, "inspect": inspect, "floor": floor, "profile": ours}


def measure(step: str, *arguments: object) -> dict[str, float]:
    """Run a step in its own process."""
    command = [sys.executable, __file__, "--step", step, *map(str, arguments)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(answer.stdout.splitlines()[-1]))


def one_step(step: str, arguments: list[str]) -> None:
    started = time.monotonic()
    values: list[object] = [Path(arguments[0]), int(arguments[1]) if step == "generate" else Path(arguments[1])]
    STEPS[step](*values)  # type: ignore[operator]
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps({"wall": time.monotonic() - started, "cpu": used.ru_utime + used.ru_stime, "mib": peak}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--csv", action="store_true", help="a CSV file instead of Parquet")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.step:
        one_step(asked.step[0], asked.step[1:])
        return 0
    with tempfile.TemporaryDirectory(prefix="studiolo-profile-") as folder:
        path, schema = Path(folder) / ("t.csv" if asked.csv else "t.parquet"), Path(folder) / "schema.json"
        measure("generate", path, asked.rows)
        print(f"{platform.platform()}, {os.cpu_count()} cores; {asked.rows:,} rows x {len(COLUMNS)} columns,")
        print(f"{path.stat().st_size / 1e6:,.0f} MB of {path.suffix[1:]}\n")
        print(f"{'':10}{'wall s':>8}{'CPU s':>8}{'MiB':>7}")
        first = measure("inspect", path, schema)
        print(f"{'inspect':10}{first['wall']:8.2f}{first['cpu']:8.2f}{first['mib']:7.0f}")
        ratios, peaks = [], []
        for _ in range(asked.repeat):
            base, found = measure("floor", path, schema), measure("profile", path, schema)
            for name, each in (("decode", base), ("profile", found)):
                print(f"{name:10}{each['wall']:8.2f}{each['cpu']:8.2f}{each['mib']:7.0f}")
            ratios.append(found["cpu"] / base["cpu"])
            peaks.append(found["mib"])
    ratio = statistics.median(ratios)
    bar = 2.0 if asked.csv else 2.5
    print(f"\nCPU of the profile: {ratio:.2f} x decoding (bar {bar}); peak memory {max(peaks):.0f} MiB (bar 512)")
    return 0 if ratio <= bar and max(peaks) <= 512 else 1


if __name__ == "__main__":
    sys.exit(main())
