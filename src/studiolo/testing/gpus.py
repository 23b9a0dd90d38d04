"""A program in the place of NVIDIA's, for tests of what is leased where there is no GPU: it answers what it is told to."""

from pathlib import Path

import pytest

from studiolo.studio.compute.gpus import devices


class Gpus:
    """Stands on PATH as `nvidia-smi`. The studio's processes find it as they find the real one."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, count: int = 2) -> None:
        self._said, self._code, self.asked = folder / "gpus.csv", folder / "code", folder / "asked"
        program = folder / "nvidia-smi"
        program.write_text(f"#!/bin/sh\necho x >> {self.asked}\ncat {self._said}\nexit $(cat {self._code})\n")
        program.chmod(0o755)
        patch.setenv("PATH", str(folder), prepend=":")
        patch.delenv(devices.VISIBLE, raising=False)
        self.are(count)

    def are(self, count: int) -> None:
        """Have so many GPUs from now on."""
        rows = [f"{number}, GPU-{number}aaa-bbb, NVIDIA A100-SXM4-80GB, 81920, 512, 30" for number in range(count)]
        self.say("".join(f"{row}\n" for row in rows))

    def say(self, text: str, code: int = 0) -> None:
        """Answer with a text and an exit code."""
        self._said.write_text(text)
        self._code.write_text(str(code))
        devices.forget()

    def looks(self) -> int:
        """Return how often it was asked."""
        return self.asked.read_text().count("x") if self.asked.exists() else 0
