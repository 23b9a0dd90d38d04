"""A flow of Metaflow, each task a process as it has it; prints seconds. Run by run.py, in an environment that has Metaflow."""

import os
import subprocess
import sys
import time
from pathlib import Path

CHAIN = """
from metaflow import FlowSpec, step
class Chain(FlowSpec):
{steps}
if __name__ == "__main__":
    Chain()
"""
FAN = """
from metaflow import FlowSpec, step
class Fan(FlowSpec):
    @step
    def start(self):
        self.items = list(range({count}))
        self.next(self.one, foreach="items")
    @step
    def one(self):
        self.next(self.join)
    @step
    def join(self, inputs):
        self.next(self.end)
    @step
    def end(self):
        pass
if __name__ == "__main__":
    Fan()
"""


def chain(count: int) -> str:
    """Return a flow of steps one after another; Metaflow wants them written out."""
    names = ["start", *(f"s{n}" for n in range(count - 2)), "end"]
    steps = ""
    for name, following in zip(names, [*names[1:], None], strict=True):
        steps += (
            f"    @step\n    def {name}(self):\n        {f'self.next(self.{following})' if following else 'pass'}\n"
        )
    return CHAIN.format(steps=steps)


if __name__ == "__main__":
    shape, count = sys.argv[1], int(sys.argv[2])
    Path("flow.py").write_text(chain(count) if shape == "chain" else FAN.format(count=count))
    environ = {**os.environ, "METAFLOW_HOME": str(Path.cwd()), "METAFLOW_USER": "bench", "USERNAME": "bench"}
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "flow.py", "run", "--max-workers", "2"],
        check=True,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    print(time.perf_counter() - begun)
