"""`make demo`: from a CSV file to a served prediction, in a fresh home, on a table that comes with the studio.

Options: --time-limit SECONDS (of the AutoML run), --exit (end after the prediction, for tests), --port N.
"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from studiolo import Studio
from studiolo.kernel.errors import StudioloError
from studiolo.testing.studio import Started, started

console = Console(highlight=False)
Report = Callable[[float, str], None]


def main() -> None:
    """Run the main job, then keep the studio up until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--time-limit", type=float, default=30)
    parser.add_argument("--exit", action="store_true")
    parser.add_argument("--port", default="0")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, end)
    begun = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="studiolo-demo-"))
    try:
        console.print("Studiolo: from a CSV file to a served prediction\n")
        with started(home, "--port", options.port) as running:
            studio = Studio(home=home)
            console.print(f"  studio      up at {running.url}")
            try:
                tell(studio, options.time_limit)
                console.print(f"\nThat took {time.monotonic() - begun:.0f} s. Look at all of it:\n")
                console.print(f"  {fresh_link(running)}\n", soft_wrap=True)
                if not options.exit:
                    console.print("The studio stays up until Ctrl-C; then everything the demo made is removed.")
                    running.process.wait()
            finally:
                leave(studio)
    except KeyboardInterrupt:
        console.print("\nThe demo has ended; what it made is removed.")
    except StudioloError as error:
        console.print(f"error: {error}", style="bold red", markup=False)
        sys.exit(1)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def end(*_: object) -> None:
    """End as by Ctrl-C; whoever asks again (`make` hands on what its group was sent too) does not cut that short."""
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)
    sys.exit(143)


def tell(studio: Studio, time_limit: float) -> None:
    """Pass every station once, with a bar for each."""
    with station("dataset") as report:
        table = studio.datasets.create_sample("titanic")
        report(1, f"titanic:{table.version}, {table.rows} rows, {len(table.table.columns)} columns")
    with station("profile") as report:
        profile = studio.datasets.profile("titanic", wait=True, watch=report)
        missing = sum(1 for column in profile.columns if column.missing)
        report(1, f"{len(profile.columns)} columns, {missing} with missing values")
    with station("automl") as report:
        run_id = studio.automl.submit("titanic:1", "Survived", time_limit=time_limit).run.id
        for found in studio.automl.watch(run_id):
            done = found.run.progress
            share = done.done / done.total if done and done.total else 0.0
            report(min(share, 0.99), done.label if done else found.run.state)
        found = studio.automl.wait(run_id)
        board = studio.automl.leaderboard(run_id)
        report(1, f"{board.rows[0].name}, {board.metric} {board.rows[0].score:.4f}, best of {len(board.rows)}")
    with station("model") as report:
        version = studio.models.version(found.model or "titanic")
        report(1, f"{found.model}, {version.size / 2**20:.1f} MiB, with signature and lineage")
    with station("endpoint") as report:
        endpoint = studio.endpoints.deploy("titanic", "titanic", wait=True)
        report(1, f"{endpoint.url} ({endpoint.live.tier if endpoint.live else endpoint.state})")
    with station("prediction") as report:
        rows = studio.endpoints.sample("titanic").rows[:1]
        answer = score(endpoint.url, endpoint.keys[0].key, rows)
        report(1, json.dumps(answer))


def score(url: str, key: str, rows: list[dict[str, object]]) -> object:
    """Ask the endpoint as any program would: HTTP, a key, JSON."""
    body = json.dumps({"data": rows}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=30) as reply:
        return json.load(reply)


def leave(studio: Studio) -> None:
    """End what would outlive the studio: endpoints and jobs do, on purpose."""
    with suppress(StudioloError, KeyboardInterrupt):
        for run in studio.experiments.list(live=True):
            studio.experiments.cancel(run.id)
        for endpoint in studio.endpoints.list():
            studio.endpoints.delete(endpoint.name)
        deadline = time.monotonic() + 30
        while (studio.experiments.list(live=True) or studio.endpoints.list()) and time.monotonic() < deadline:
            time.sleep(0.2)


def fresh_link(running: Started) -> str:
    """Return a login link that nobody has used."""
    return running.command("login").stdout.strip()


@contextmanager
def station(name: str) -> Iterator[Report]:
    """Draw the bar of a station, and a line when it is passed."""
    said = ""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[name]:<11}"),
        BarColumn(30),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns, TextColumn("{task.description}"), console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=1.0, name=name)

        def report(share: float, text: str) -> None:
            nonlocal said
            said = text
            bar.update(task, completed=share, description=text)

        begun = time.monotonic()
        yield report
    console.print(f"  {name:<11} {said}  [{time.monotonic() - begun:.1f} s]", markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
