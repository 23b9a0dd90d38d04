"""What a job uses is sampled by its runner, rarer the longer it runs."""

import json
import os
from pathlib import Path

import pytest

from studiolo.runner import processes, sampling


def lines(folder: Path) -> list[dict]:
    path = folder / "journal.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_samples_come_rarer_as_time_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(sampling.time, "monotonic", lambda: now)
    sampler = sampling.Sampler(str(tmp_path), lambda: processes.quick_descendants(os.getpid()))
    sampler.sample()
    assert lines(tmp_path) == [], "a short job has none"
    taken = []
    for second in range(1, 4000):
        now = 1000.0 + second
        before = len({line["step"] for line in lines(tmp_path)}) if second % 400 == 0 else 0
        sampler.sample()
        if second % 400 == 0:
            taken.append(before)
    steps = {line["step"] for line in lines(tmp_path)}
    assert 150 < len(steps) < 450, "hundreds for an hour, not thousands"
    keys = {line["key"] for line in lines(tmp_path)}
    assert {"system/job_memory_megabytes", "system/disk_usage_percentage", "system/network_receive_megabytes"} <= keys
    assert all(line["value"] >= 0 for line in lines(tmp_path))
    assert taken == sorted(taken)


def test_a_slow_look_at_the_gpus_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a program in the place of NVIDIA's, which answers when it may."""
    program, gate = tmp_path / "nvidia-smi", tmp_path / "gate"
    os.mkfifo(gate)
    program.write_text(f"#!/bin/sh\necho x >> {tmp_path}/asked\nread line < {gate}\necho '0, 50, 100, 200, 30.5'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(sampling, "DRIVER", str(program))
    now = 1000.0
    monkeypatch.setattr(sampling.time, "monotonic", lambda: now)
    sampler = sampling.Sampler(str(tmp_path), lambda: processes.quick_descendants(os.getpid()))
    for seconds in (3, 6, 9):
        now = 1000.0 + seconds
        sampler.sample()
    assert len({line["step"] for line in lines(tmp_path)}) == 3
    assert not [line for line in lines(tmp_path) if "gpu" in line["key"]]
    with gate.open("w") as opened:  # waits for the program
        opened.write("go\n")
    asking = sampler._asking
    assert asking is not None
    asking.join(30)
    found = {line["key"]: line["value"] for line in lines(tmp_path) if "gpu" in line["key"]}
    assert found["system/gpu_0_utilization_percentage"] == 50
    assert found["system/gpu_0_memory_usage_percentage"] == 50
    assert (tmp_path / "asked").read_text() == "x\n", "one look at a time"
