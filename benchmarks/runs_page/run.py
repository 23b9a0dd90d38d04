"""The page of runs over 100,000 runs in 50 experiments, in a real browser: first rows, sort, filter, scrolling, memory.

    .venv/bin/python benchmarks/runs_page/run.py [--runs 100000] [--rounds 7] [--database sqlite|postgresql] [--shots DIR]

Fills a home straight in SQL, starts the studio, waits until the controller has made what it keeps ready, then lets `look.mjs`
open the page in headless Chromium. Exit code 1 when a bar is missed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tracking"))

import psutil  # noqa: E402
import studio_rows  # noqa: E402
from servers import machine, new_database, postgres, studio  # noqa: E402


def main() -> int:
    """Measure; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--experiments", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--shots", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="studiolo-runs-page-"))
    print(f"{machine()}; {options.runs} runs in {options.experiments} experiments, {options.database}", flush=True)
    try:
        with ExitStack() as stack:
            url = ""
            if options.database == "postgresql":
                url = new_database(stack.enter_context(postgres(folder))[0])
            home = folder / "home"
            studio_rows.fill(home, url, options.runs, options.experiments)
            server = stack.enter_context(studio(home, database_url=url, durability="normal"))
            print(f"settled after {server.settle(within=300):.0f} s", flush=True)
            process = next(
                child
                for child in psutil.Process(server.watched[0]).children()
                if "studiolo.server" in " ".join(child.cmdline())
            )
            before = process.memory_full_info().uss  # the file of SQLite is mapped by each reader, and shared by all
            env = os.environ | {
                "STUDIOLO_HOME": str(home),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            }
            command = [sys.executable, "-m", "studiolo", "login"]
            link = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()
            words = ["node", str(HERE / "look.mjs"), link, "--rounds", str(options.rounds)]
            words += ["--shots", str(options.shots)] if options.shots else []
            code = subprocess.run(words, env=env, check=False).returncode
            after = process.memory_full_info().uss
            print(
                f"own memory of the server {after / 2**20:.0f} MiB, {(after - before) / 2**20:+.0f} while it was looked at"
            )
            return code
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
