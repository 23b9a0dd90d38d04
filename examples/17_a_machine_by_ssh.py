"""Attach a machine by SSH, run a job there, and bring back what it left.

The machine is named by MACHINE_HOST, MACHINE_PORT, MACHINE_USER, MACHINE_KEY_FILE and MACHINE_HOST_KEY; without the last one the
key that it shows is printed, to be compared.
"""

import os
import tempfile
from pathlib import Path

from studiolo import Studio

JOB = """
command: >-
  python -c "print(6 * 7)" > outputs/answer.txt && echo there
compute: azureml:box
display_name: far away
"""

studio = Studio()
machines = studio.compute.machines
place = {
    "host": os.environ["MACHINE_HOST"],
    "port": int(os.environ.get("MACHINE_PORT", "22")),
    "user": os.environ["MACHINE_USER"],
    "folder": os.environ.get("MACHINE_FOLDER", "~/.studiolo-runner"),
    "host_key": os.environ.get("MACHINE_HOST_KEY", ""),
    "credentials": {"private_key": Path(os.environ["MACHINE_KEY_FILE"]).read_text()},
}
found = machines.try_out(**place)
if not found.ok:
    raise SystemExit(f"{found.cause} {found.hint}")

box = machines.attach("box", **place)
print(f"{box.name} is {box.state}: {box.cores} cores for jobs, Python {found.python}")

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "job.yml"
    file.write_text(JOB)
    run = studio.experiments.wait(studio.experiments.submit_file(file).run.id)
print(f"{run.name} on {run.compute}: {run.state}")
print(f"it left {', '.join(item.path for item in studio.experiments.artifacts(run.id) if not item.is_dir)}")

machines.detach("box")
print("detached; nothing on the machine was deleted")
