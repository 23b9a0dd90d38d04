"""Which GPUs there are, as NVIDIA's program says, and what is made of answers that are none."""

import time

import pytest

from studiolo.studio.compute.gpus import devices
from studiolo.testing.gpus import Gpus


def numbers() -> list[int]:
    return [gpu.number for gpu in devices.here()]


def test_they_are_told_with_what_they_have(gpus: Gpus) -> None:
    first, second = devices.here()
    assert (first.number, second.number) == (0, 1)
    assert (first.name, first.memory_bytes, first.used_bytes, first.busy) == (
        "NVIDIA A100-SXM4-80GB",
        81920 * 2**20,
        512 * 2**20,
        30.0,
    )
    assert devices.why_none() == ""


def test_the_program_is_asked_once_in_a_while_and_never_by_known(gpus: Gpus) -> None:
    assert devices.known() == ()
    for _ in range(5):
        devices.here()
        devices.known()
    assert gpus.looks() == 1
    devices.here(0)
    assert gpus.looks() == 2


def test_without_the_program_there_are_none_and_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    devices.forget()
    assert devices.here() == ()
    assert "no nvidia-smi" in devices.why_none()
    devices.forget()


def test_a_look_that_fails_takes_no_gpu_away(gpus: Gpus, monkeypatch: pytest.MonkeyPatch) -> None:
    assert numbers() == [0, 1]
    seen = devices.known()
    gpus.say("Failed to initialize NVML: Driver/library version mismatch\n", 18)
    assert devices.here() == (), "nothing is known yet: `say` made it forget"
    assert "Driver/library version mismatch" in devices.why_none()
    gpus.are(2)
    assert devices.here() == seen
    monkeypatch.setattr(devices, "_PATIENCE", 0.1)
    gpus._said.unlink()
    gpus._code.write_text("1")
    assert devices.here(0) == seen
    assert "nvidia-smi failed" in devices.why_none()


def test_one_that_hangs_is_given_up(gpus: Gpus, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setattr(devices, "_PATIENCE", 0.2)
    gpus._said.unlink()
    os.mkfifo(gpus._said)  # who reads it waits
    devices.forget()
    begun = time.monotonic()
    assert devices.here() == ()
    assert time.monotonic() - begun < 10
    assert "did not answer within 0.2 s" in devices.why_none()
    looks = gpus.looks()
    assert devices.here(0) == ()
    assert gpus.looks() == looks, "the controller has other things to do"


def test_what_cannot_be_read_is_no_gpu(gpus: Gpus) -> None:
    gpus.say(
        "0, GPU-a, Tesla T4, 15360, [N/A], [N/A]\n"
        "Unable to determine the device handle for GPU0000:02:00.0: Unknown Error\n"
        "[Unknown Error], GPU-b, x, [Unknown Error], 1, 2\n\n"
    )
    only = devices.here()
    assert [(gpu.number, gpu.used_bytes, gpu.busy) for gpu in only] == [(0, None, None)]


@pytest.mark.parametrize(
    ("said", "allowed"),
    [("1", [1]), ("0,1", [0, 1]), ("", []), ("-1", []), ("GPU-1aaa", [1]), ("GPU-9", []), ("7", [])],
)
def test_the_studios_own_environment_narrows_them(
    gpus: Gpus, monkeypatch: pytest.MonkeyPatch, said: str, allowed: list[int]
) -> None:
    monkeypatch.setenv(devices.VISIBLE, said)
    assert numbers() == allowed
    assert (devices.why_none() == "") is bool(allowed)
