"""What a job uses is sampled by its runner, rarer the longer it runs."""

import json
import os
from pathlib import Path

import pytest

from studiolo.runner import sampling


def lines(folder: Path) -> list[dict]:
    path = folder / "journal.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_samples_come_rarer_as_time_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(sampling.time, "monotonic", lambda: now)
    sampler = sampling.Sampler(str(tmp_path), os.getpid())
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
