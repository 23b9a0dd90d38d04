"""Attach a Slurm, look at its nodes, run a job in it, and bring back what it left.

The Slurm is the one whose commands are on the studio's machine; HPC_PARTITION and HPC_FOLDER (which its nodes must see at the
same path) say where jobs go, HPC_PYTHON which Python they find.
"""

import os
import tempfile
from pathlib import Path

from studiolo import Studio

JOB = """
command: >-
  python3 -c "import os; print('job', os.environ['SLURM_JOB_ID'])" && echo 42 > outputs/answer.txt
compute: azureml:hpc
display_name: in the queue
resources:
  cores: 2
"""

studio = Studio()
machines = studio.compute.machines
place = {
    "kind": "slurm",
    "folder": os.environ.get("HPC_FOLDER", "~/.studiolo-runner"),
    "python": os.environ.get("HPC_PYTHON", "python3"),
    "settings": {"partition": os.environ.get("HPC_PARTITION", ""), "time": "30"},
}
found = machines.try_out(**place)
if not found.ok:
    raise SystemExit(f"{found.cause} {found.hint}")

hpc = machines.attach("hpc", **place)
print(f"{hpc.name} is {hpc.state}: {found.system}")
for node in machines.nodes("hpc"):
    print(f"node {node.name} of {node.partition}: {node.state}, {node.cores_free} of {node.cores} cores free")

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "job.yml"
    file.write_text(JOB)
    run = studio.experiments.wait(studio.experiments.submit_file(file).run.id)
print(f"{run.name} on {run.compute}: {run.state}")
print(f"it left {', '.join(item.path for item in studio.experiments.artifacts(run.id) if not item.is_dir)}")

machines.detach("hpc")
print("detached; nothing in Slurm was touched")
