"""One run: the studio and a real `mlflow server`, the same requests in turns, on SQLite and PostgreSQL.

    .venv/bin/python benchmarks/tracking/run.py [--quick] [--database sqlite|postgresql] [--only WORD] [--mlflow FOLDER]

Prints wall time, CPU of all processes (with PostgreSQL's) and of those that answer requests per unit of each case, and the ratios, MLflow's
divided by ours; exit code 1 when a promised ratio is missed. FOLDER: a virtual environment with mlflow, made when it is not there.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from cases import CASES, QUICK, Case, Figure, Sizes, measure  # noqa: E402
from servers import Server, machine, mlflow, mlflow_environment, new_database, postgres, studio  # noqa: E402

KINDS = ("wall", "cpu", "server")
Found = dict[tuple[str, str], Figure]


def main() -> int:
    """Measure; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--mlflow", type=Path, default=HERE / "mlflow-env", help="virtual environment with mlflow")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    sizes = QUICK if options.quick else Sizes()
    cases = [case for case in CASES if options.only in case.name]
    command = mlflow_environment(options.mlflow.resolve())
    print(f"{machine()}; sizes: {sizes}\n", flush=True)
    missed: list[str] = []
    kept: dict[str, dict[str, dict[str, list[float]]]] = {}
    for database in ("sqlite", "postgresql"):
        if options.database in (None, database):
            found, more = _compare(database, cases, sizes, command)
            missed += more
            kept[database] = _plain(found)
    if options.json:
        options.json.write_text(json.dumps(kept, indent=1))
    if missed:
        print("missed: " + "; ".join(missed))
    return 1 if missed else 0


def _compare(database: str, cases: list[Case], sizes: Sizes, command: Path) -> tuple[Found, list[str]]:
    folder = Path(tempfile.mkdtemp(prefix="studiolo-tracking-"))
    (folder / "mlflow").symlink_to(command.parent.parent)
    found: Found = {}
    missed: list[str] = []
    try:
        with ExitStack() as stack:
            servers = _start(stack, database, folder, command)
            _head(database, servers)
            for case in cases:
                works = [(server, case.prepare(server, sizes, folder)) for server in servers]
                rounds: dict[str, list[Figure]] = {}
                for _ in range(case.rounds):  # in turns, so that what else the machine does meets all of them
                    for server, work in works:
                        rounds.setdefault(server.name, []).append(measure(server, work))
                medians = {name: _median(figures) for name, figures in rounds.items()}
                missed += _row(database, case, medians)
                found |= {(name, case.name): figure for name, figure in medians.items()}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found, missed


def _start(stack: ExitStack, database: str, folder: Path, command: Path) -> list[Server]:
    if database == "sqlite":
        return [
            stack.enter_context(studio(folder / "full")),
            stack.enter_context(studio(folder / "normal", durability="normal")),
            stack.enter_context(mlflow(command, folder / "theirs")),
        ]
    url, pid = stack.enter_context(postgres(folder))
    return [
        stack.enter_context(studio(folder / "full", database_url=new_database(url), name="studiolo", watched=[pid])),
        stack.enter_context(mlflow(command, folder / "theirs", database_url=new_database(url), watched=[pid])),
    ]


def _median(figures: list[Figure]) -> Figure:
    return Figure(*(statistics.median(getattr(figure, kind) for figure in figures) for kind in KINDS))


def _head(database: str, servers: list[Server]) -> None:
    names = [server.name for server in servers]
    columns = ["", "unit", *(f"{name}: wall, CPU, server (ms)" for name in names)]
    columns += [f"{name}: ratio wall, CPU, server" for name in names[:-1]]
    print(f"\n## {database}\n\n| {' | '.join([*columns, 'bar'])} |\n" + "|---" * (len(columns) + 1) + "|", flush=True)


def _row(database: str, case: Case, found: dict[str, Figure]) -> list[str]:
    """Print a row as soon as it is there; returns what of it was missed. The last server is MLflow's."""
    *ours, theirs = found
    base = found[theirs]
    cells = [", ".join(f"{getattr(figure, kind) * 1e3:.2f}" for kind in KINDS) for figure in found.values()]
    missed: list[str] = []
    for name in ours:
        ratios = {kind: getattr(base, kind) / max(getattr(found[name], kind), 1e-9) for kind in KINDS}
        cells.append(", ".join(f"**{r:.1f}**" if kind == case.of else f"{r:.1f}" for kind, r in ratios.items()))
        if ratios[case.of] < case.bar:
            missed.append(f"{database}, {name}: {case.name} {ratios[case.of]:.1f} < {case.bar}")
    print(f"| {' | '.join([case.name, case.unit, *cells, f'≥ {case.bar:g} ({case.of})'])} |", flush=True)
    return missed


def _plain(found: Found) -> dict[str, dict[str, list[float]]]:
    plain: dict[str, dict[str, list[float]]] = {}
    for (server, case), figure in found.items():
        plain.setdefault(server, {})[case] = [figure.wall, figure.cpu, figure.server]
    return plain


if __name__ == "__main__":
    sys.exit(main())
