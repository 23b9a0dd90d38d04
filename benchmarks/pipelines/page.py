"""The page of a pipeline of 500 steps, 200 of them of one fan-out, while it runs, in a real browser: frames, delay, memory.

    .venv/bin/python benchmarks/pipelines/page.py [--times 3] [--shots DIR]

Starts a studio in an empty home, submits the pipeline as often as is said, and lets `page.mjs` look at each run in headless Chromium
while its steps run, scrolling all the time. Exit code 1 when a bar is missed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tracking"))

import psutil  # noqa: E402
from servers import machine, studio  # noqa: E402

CHAIN, LANES, ITEMS = 300, 3, 200
GROWTH_MIB = 16


def main() -> int:
    """Measure; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--shots", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="studiolo-pipeline-page-"))
    print(f"{machine()}; {CHAIN + ITEMS} steps, {options.times} runs one after another", flush=True)
    try:
        spec = folder / "wide.json"
        spec.write_text(json.dumps(wide()))
        home = folder / "home"
        with studio(home) as server:
            process = next(
                child
                for child in psutil.Process(server.watched[0]).children()
                if "studiolo.server" in " ".join(child.cmdline())
            )
            env = os.environ | {
                "STUDIOLO_HOME": str(home),
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            }
            code, held = 0, []
            for number in range(options.times):
                command = [sys.executable, "-m", "studiolo", "login"]
                link = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()
                words = ["node", str(HERE / "page.mjs"), link, str(spec)]
                words += ["--shots", str(options.shots / str(number))] if options.shots else []
                code = subprocess.run(words, env=env, check=False).returncode or code
                held.append(process.memory_full_info().uss / 2**20)
            print(f"own memory of the server after each: {', '.join(f'{one:.0f}' for one in held)} MiB", flush=True)
            # the first run loads what the server loads once
            if len(held) > 2 and held[-1] - held[1] > GROWTH_MIB * (len(held) - 2):
                print("missed: memory of the server")
                code = 1
        return code
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wide() -> dict[str, object]:
    """Return the pipeline: lanes of steps one after another, and a fan-out beside them."""
    steps: dict[str, object] = {
        f"s{n}": _step("true ", after=[f"s{n - LANES}"] if n >= LANES else []) for n in range(CHAIN)
    }
    steps["each"] = {"kind": "parallel_for", "items": [{"n": str(n)} for n in range(ITEMS)], "body": "one"}
    steps["one"] = _step("true ${{inputs.n}}", inputs={"n": "0"}, declares={"n": {"type": "string"}})
    return {"name": "wide", "graph": {"steps": steps}, "settings": {"force_rerun": True}}


def _step(command: str, **given: object) -> dict[str, object]:
    return {"task": {"command": [command]}, **given}


if __name__ == "__main__":
    sys.exit(main())
