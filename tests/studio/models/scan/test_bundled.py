"""Python that the studio itself puts into models is known; anybody else's is named."""

import struct
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from studiolo.studio.automl import package
from studiolo.studio.models.scan.process import scan

MLMODEL = {"flavors": {"python_function": {"loader_module": package.THEIRS, "code": "code", "data": "model"}}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What Automated ML writes around its members."""
    package._copy_predictor(tmp_path / "code" / package.THEIRS)
    (tmp_path / "MLmodel").write_text(yaml.safe_dump(MLMODEL))
    return tmp_path


def look(folder: Path) -> dict[str, Any]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return scan([(path.relative_to(folder).as_posix(), str(path)) for path in files], 1 << 30).as_json()


def unknown(folder: Path) -> list[tuple[str, str]]:
    return [(found["file"], found["why"]) for found in look(folder)["findings"] if found["grade"] == "unknown"]


def test_the_predictor_of_automl_is_clean(folder: Path) -> None:
    report = look(folder)
    assert (report["verdict"], report["findings"], report["notes"]) == ("clean", [], [])
    assert report["files"] == 1 + len(list(package.PREDICTOR.glob("*.py")))


def test_a_changed_line_of_it_is_named(folder: Path) -> None:
    with (folder / "code" / package.THEIRS / "text.py").open("a") as file:
        file.write("import os\n")
    assert unknown(folder) == [("code/studiolo_predictor/text.py", "is Python code that runs when the model is loaded")]


@pytest.mark.parametrize("path", ["code/numpy.py", "code/studiolo_predictor/more.py", "studiolo_predictor/text.py"])
def test_a_file_beside_it_is_named_wherever_it_is(folder: Path, path: str) -> None:
    target = folder / path
    target.parent.mkdir(exist_ok=True)
    target.write_bytes((package.PREDICTOR / "dates.py").read_bytes())
    assert [file for file, _ in unknown(folder)] == [path]


@pytest.mark.parametrize("name", ["text.cpython-311-x86_64-linux-gnu.so", "__pycache__/text.cpython-311.pyc"])
def test_compiled_code_that_python_would_take_instead_is_named(folder: Path, name: str) -> None:
    target = folder / "code" / package.THEIRS / name
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(struct.pack("<I", 0x0A0D0DA7) + bytes(64))
    assert [why for _, why in unknown(folder)] == ["is compiled code that may run when the model is loaded"]


def test_python_that_is_an_archive_as_well_is_python(folder: Path) -> None:
    target = folder / "code" / "both.py"
    with tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as tape:
        tape.addfile(tarfile.TarInfo("harmless.txt"))
    assert [file for file, _ in unknown(folder)] == ["code/both.py"]
    (folder / "MLmodel").write_bytes(target.read_bytes())
    assert look(folder)["verdict"] == "unreadable"  # is no YAML


def test_a_model_made_by_a_script_that_it_brings_is_named(folder: Path) -> None:
    settings = {"loader_module": "mlflow.pyfunc.model", "model_code_path": "model_code.py"}
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": {"python_function": settings}}))
    assert ("MLmodel", "is made by running a Python file that the model brings") in unknown(folder)
