"""Two GPUs, told by a program in the place of NVIDIA's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.studio.compute.gpus import devices
from studiolo.testing.gpus import Gpus


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gpus]:
    folder = tmp_path / "driver"
    folder.mkdir()
    yield Gpus(folder, monkeypatch)
    devices.forget()
