"""Without any network: packages are wheels that are made here."""

import os
from pathlib import Path

import pytest
from tests.studio.experiments.environments.wheels import wheel


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheel(folder, "tinya", "1.0")
    wheel(folder, "tinya", "1.2")
    wheel(folder, "tinyb", "2.0", needs="tinya<1.1")
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")  # who asks an index all the same, fails
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    return folder
