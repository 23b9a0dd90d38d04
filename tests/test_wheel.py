"""The wheel, as a stranger gets it: pip, an empty environment, no Node, no source tree."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "src/studiolo/server/static/index.html"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not STATIC.exists():
        pytest.skip("the UI is not built (make ui)")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_wheel_holds_the_ui_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "studiolo/server/static/index.html" in names
    assert any(re.fullmatch(r"studiolo/server/static/assets/.*\.js", name) for name in names)
    assert not [name for name in names if name.startswith(("tests/", "ui/"))]


@pytest.mark.slow
def test_wheel_works_in_an_empty_environment_without_node(wheel: Path, tmp_path: Path) -> None:
    python = tmp_path / "env/bin/python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    uv = Path(sys.executable).parent / "uv"
    runtime = tmp_path / "runtime.txt"  # the locked versions of what the wheel asks for, installed by hard link
    runtime.write_text("\n".join(_requirements(wheel)))
    locked = [uv, "pip", "install", "-q", "--python", python, "-r", runtime, "-c", ROOT / "requirements.lock"]
    if uv.exists():
        subprocess.run(locked, check=True, env=os.environ | _pip_settings())
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel], check=True)
    environ = {"PATH": f"{python.parent}:/usr/bin:/bin", "HOME": str(tmp_path), "STUDIOLO_HOME": str(tmp_path / "home")}
    command = [python.parent / "studiolo", "up", "--port", "0", "--no-browser", "-o", "json"]
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = "".join(iter(process.stdout.readline, "}\n")) + "}"
            url = json.loads(said)["url"].removeprefix("http://")
            page = _get(url, "/")
            script = re.search(rb'src="(/assets/[^"]+\.js)"', page)
            assert script is not None
            assert len(_get(url, script.group(1).decode())) > 10_000
        finally:
            process.send_signal(signal.SIGINT)


def _get(address: str, path: str) -> bytes:
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request("GET", path)
    reply = connection.getresponse()
    assert reply.status == 200, path
    return reply.read()


def _requirements(wheel: Path) -> list[str]:
    archive = zipfile.ZipFile(wheel)
    metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    lines = archive.read(metadata).decode().splitlines()
    wanted = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    return [line for line in wanted if "extra ==" not in line]


def _pip_settings() -> dict[str, str]:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        from environment import pip_settings
    finally:
        sys.path.pop(0)
    settings: dict[str, str] = pip_settings(Path(sys.executable))
    return settings
