"""This machine as a compute: the conformance suite, and how cores and memory are found."""

from pathlib import Path

import pytest

from studiolo.kernel.settings import load
from studiolo.studio.compute.backends import local_machine
from studiolo.testing.compute_backend import ComputeBackendChecks


class TestLocalMachine(ComputeBackendChecks):
    backend = local_machine


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "cgroup"
    (root / "a" / "b").mkdir(parents=True)
    monkeypatch.setattr(local_machine, "_CGROUP", root)
    monkeypatch.setattr(local_machine, "_folders", lambda _: [root / "a" / "b", root / "a", root])
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 32)
    return root


def test_the_smallest_quota_on_the_way_up_counts(cgroup: Path, tmp_path: Path) -> None:
    (cgroup / "a" / "b" / "cpu.max").write_text("max 100000\n")
    (cgroup / "a" / "cpu.max").write_text("350000 100000\n")
    found = local_machine.capacity(load({}, home=tmp_path))
    assert (found.cores, found.machine_cores) == (3, 32)
    assert "quota is 3.5 cores" in found.limits[0].how


def test_a_quota_below_one_core_is_one_slot(cgroup: Path, tmp_path: Path) -> None:
    (cgroup / "cpu.max").write_text("50000 100000\n")
    assert local_machine.capacity(load({}, home=tmp_path)).cores == 1


def test_a_quota_of_version_one_counts(cgroup: Path, tmp_path: Path) -> None:
    (cgroup / "cpu.cfs_quota_us").write_text("200000\n")
    (cgroup / "cpu.cfs_period_us").write_text("100000\n")
    assert local_machine.capacity(load({}, home=tmp_path)).cores == 2


def test_without_quota_affinity_counts(cgroup: Path, tmp_path: Path) -> None:
    (cgroup / "cpu.cfs_quota_us").write_text("-1\n")
    (cgroup / "cpu.cfs_period_us").write_text("100000\n")
    found = local_machine.capacity(load({}, home=tmp_path))
    assert found.cores == 16
    assert "affinity allows 16 of 32" in found.limits[0].how


def test_the_setting_counts_when_it_is_smaller(cgroup: Path, tmp_path: Path) -> None:
    assert local_machine.capacity(load({}, home=tmp_path, cores=5)).cores == 5
    assert local_machine.capacity(load({}, home=tmp_path, cores=500)).cores == 16


def test_the_memory_of_the_container_counts(cgroup: Path, tmp_path: Path) -> None:
    (cgroup / "a" / "memory.max").write_text("1000000000\n")
    (cgroup / "memory.limit_in_bytes").write_text("9223372036854771712\n")
    assert local_machine.capacity(load({}, home=tmp_path)).memory_bytes == 800_000_000
    assert local_machine.capacity(load({}, home=tmp_path, memory_bytes=2 * 10**9)).memory_bytes == 10**9
