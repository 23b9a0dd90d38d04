"""Looking into bytes, as the tests of the scanner do."""

from pathlib import Path
from typing import Any

from studiolo.studio.models.scan.process import scan


def look(folder: Path, name: str, content: bytes, unpacked: int = 1 << 30) -> dict[str, Any]:
    path = folder / name.replace("/", "_")
    path.write_bytes(content)
    return scan([(name, str(path))], unpacked).as_json()


def bad(report: dict[str, Any]) -> list[str]:
    """Return what is dangerous."""
    return [found["what"] for found in report["findings"] if found["grade"] == "dangerous"]
