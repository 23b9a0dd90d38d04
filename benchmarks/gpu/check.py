"""Tries the runner on a machine with GPUs: a job sees the GPU that it is given and no other, and its use is sampled.

Standard library only: `python3 benchmarks/gpu/check.py`, from the root of the repository. Ends with 77 where there is no GPU.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src" / "studiolo" / "runner"))
import agent  # type: ignore[import-not-found]  # noqa: E402 - the runner stands alone, as it does on other machines

agent.stand_alone()
JOB = """
import ctypes, os, time
cuda = ctypes.CDLL("libcuda.so.1")
assert cuda.cuInit(0) in (0, 100), "the driver does not answer"
count = ctypes.c_int(0)
cuda.cuDeviceGetCount(ctypes.byref(count))
print("given", repr(os.environ["CUDA_VISIBLE_DEVICES"]), "sees", count.value, flush=True)
time.sleep(float(os.environ["SECONDS"]))
"""


def main() -> int:
    """Run two jobs; returns 0 when all was as it should be."""
    listed = subprocess.run(
        ["nvidia-smi", "--query-gpu=index,name,memory.total", "--format=csv,noheader"],
        capture_output=True,
        text=True,
        check=False,
    )
    rows = [line for line in listed.stdout.splitlines() if line.strip()]
    print(f"found {len(rows)}: {'; '.join(rows)}")
    wrong = []
    for given, seconds in (("0", 12.0), ("", 0.0)):
        said, metrics = run(given, seconds)
        print(f"{said.strip()}; metrics of GPUs: {', '.join(sorted(metrics)) or 'none'}")
        if f"sees {1 if given else 0}" not in said:
            wrong.append(f"CUDA_VISIBLE_DEVICES={given!r}: {said.strip()}")
        if given and "system/gpu_0_utilization_percentage" not in metrics:
            wrong.append("its use was not sampled")
    print("\n".join(f"WRONG {one}" for one in wrong) or "all as it should be")
    return 1 if wrong else 0


def run(given: str, seconds: float) -> tuple[str, dict[str, float]]:
    """Run one job; returns its log and the newest metrics of GPUs."""
    from studiolo.runner import attempt, launch, observe

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = {"PATH": "/usr/bin:/bin", "CUDA_VISIBLE_DEVICES": given, "SECONDS": str(seconds)}
        order = launch.Order(argv=[sys.executable, "-c", JOB], env=env, mark=f"gpu:{name}", samples=True, grace_s=1.0)
        launch.prepare(folder, order)
        launch.launch(folder)
        deadline = time.monotonic() + 120
        while not isinstance(observe.look(folder), observe.Ended) and time.monotonic() < deadline:
            time.sleep(0.1)
        journal = folder / attempt.JOURNAL
        lines = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
        found = {line["key"]: line["value"] for line in lines if str(line.get("key")).startswith("system/gpu_")}
        return (folder / attempt.LOG).read_text(), found


if __name__ == "__main__":
    import shutil

    sys.exit(main() if shutil.which("nvidia-smi") else 77)
