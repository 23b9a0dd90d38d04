"""Tries a studio on a machine with GPUs: a job that asks for one has it for itself, one that asks for none sees none.

`python benchmarks/gpu/check.py` in the studio's own Python starts a studio in a temporary folder and submits jobs with `gpus: 1`. With
a Python that has only the standard library it tries the runner alone, by the same variables. Ends with 77 where there is no GPU.
"""

import importlib.util
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))
JOB = """
import ctypes, os, time
cuda = ctypes.CDLL("libcuda.so.1")
assert cuda.cuInit(0) in (0, 100), "the driver does not answer"
count = ctypes.c_int(0)
cuda.cuDeviceGetCount(ctypes.byref(count))
print("given", repr(os.environ["CUDA_VISIBLE_DEVICES"]), "sees", count.value, flush=True)
time.sleep(float(os.environ["SECONDS"]))
"""
_PATIENCE = 180.0


def devices() -> Any:
    """Return the studio's module of GPUs, which needs nothing but the standard library, without the packages around it."""
    path = ROOT / "src" / "studiolo" / "studio" / "compute" / "gpus" / "devices.py"
    spec = importlib.util.spec_from_file_location("gpu_devices", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gpu_devices"] = module
    spec.loader.exec_module(module)
    return module


def main() -> int:
    """Run the jobs; returns 0 when all was as it should be."""
    found = devices().here()
    print(f"found {len(found)}: {'; '.join(f'{gpu.number} {gpu.name}, {gpu.memory_bytes >> 20} MiB' for gpu in found)}")
    if not found:
        print(devices().why_none())
        return 77
    whole = importlib.util.find_spec("sqlalchemy") is not None and importlib.util.find_spec("uvicorn") is not None
    print("jobs of a studio" if whole else "the runner alone: the studio's packages are not installed here")
    wrong = in_a_studio(len(found)) if whole else under_a_runner(found[0].number)
    print("\n".join(f"WRONG {one}" for one in wrong) or "all as it should be")
    return 1 if wrong else 0


def in_a_studio(count: int) -> list[str]:
    """Submit jobs that ask for GPUs, as many at once as there are and one more, and one that asks for none; returns what is wrong."""
    from studiolo.sdk.studio import Studio
    from studiolo.studio.compute.errors import TooBig
    from studiolo.studio.experiments.schemas import JobSpec, Resources
    from studiolo.testing.studio import started

    wrong = []
    with tempfile.TemporaryDirectory() as name, started(Path(name) / "home") as up:
        studio = Studio(home=up.home)

        def submit(gpus: int | None, seconds: float, **more: Any) -> Any:
            spec = JobSpec(
                command=["python", "-c", JOB],
                env={"SECONDS": str(seconds), "CUDA_VISIBLE_DEVICES": "0,1,2,3,4,5,6,7"},
                resources=Resources(gpus=gpus),
                **more,
            )
            return studio.experiments.submit(spec)

        begun = time.monotonic()
        held = [submit(1, 12.0, name=f"holder {number}") for number in range(count)]
        until(lambda: all(studio.experiments.get(run.id).state == "Running" for run in held), "all GPUs are held")
        late, none = submit(1, 0.0, name="late"), submit(None, 0.0, name="none")
        ends = until(lambda: ended(studio, none), "a job without GPUs goes before")
        said = studio.experiments.get(late.id).waits_for
        print(f"late: {said}; GPUs: {', '.join(f'{gpu.number} {gpu.title}' for gpu in studio.compute.get().gpus)}")
        if ends.state != "Completed" or "held by" not in str(said):
            wrong.append(f"the job without GPUs is {ends.state}; the one that waits says {said}")
        for run, sees in [*((run, 1) for run in [*held, late]), (none, 0)]:
            end = until(lambda run=run: ended(studio, run), f"{run.name} ends")
            log = "".join(studio.experiments.follow(run.id))
            print(f"{run.name}: {end.state}; {log.strip()}")
            if end.state != "Completed" or f"sees {sees}" not in log:
                wrong.append(f"{run.name}: {end.state} {end.error or ''} {log.strip()}")
        metrics = {metric.key for metric in studio.experiments.overview(held[0].id).metrics}
        if not any(key.startswith("system/gpu_") for key in metrics):
            wrong.append("the use of GPUs was not sampled")
        try:
            submit(count + 1, 0.0)
            wrong.append("more GPUs than there are were taken")
        except TooBig as error:
            print(f"refused: {error.detail}")
        except Exception as error:
            print(f"refused: {error}")
        if any(gpu.title for gpu in studio.compute.get().gpus):
            wrong.append("a GPU is still held when all jobs have ended")
        print(f"{time.monotonic() - begun:.1f} s")
    return wrong


def ended(studio: Any, run: Any) -> Any:
    """Return a run that has ended."""
    now = studio.experiments.get(run.id)
    return now if now.state in ("Completed", "Failed", "Canceled", "Lost") else None


def until(condition: Any, what: str) -> Any:
    """Wait for something."""
    deadline = time.monotonic() + _PATIENCE
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {_PATIENCE:g} s: {what}")
        time.sleep(0.1)
    return found


def under_a_runner(number: int) -> list[str]:
    """Run a job with a GPU and one without under the runner; returns what is wrong."""
    sys.path.insert(0, str(ROOT / "src" / "studiolo" / "runner"))
    import agent  # type: ignore[import-not-found] # the runner stands alone, as it does on other machines

    agent.stand_alone()
    wrong = []
    for numbers, seconds in (([number], 12.0), ([], 0.0)):
        given = devices().visible(numbers)
        said, metrics = run(given, seconds)
        print(f"{said.strip()}; metrics of GPUs: {', '.join(sorted(metrics)) or 'none'}")
        if f"sees {len(numbers)}" not in said:
            wrong.append(f"{given}: {said.strip()}")
        if numbers and f"system/gpu_{number}_utilization_percentage" not in metrics:
            wrong.append("its use was not sampled")
    return wrong


def run(given: dict[str, str], seconds: float) -> tuple[str, dict[str, float]]:
    """Run one job; returns its log and the newest metrics of GPUs."""
    from studiolo.runner import attempt, launch, observe

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = {"PATH": "/usr/bin:/bin", "SECONDS": str(seconds), **given}
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
    sys.exit(main() if shutil.which("nvidia-smi") else 77)
