"""Make a training cluster, run a job on it, and see what that took: nodes are shares of this machine."""

import tempfile
from pathlib import Path

from studiolo import Studio

JOB = """
command: echo on a node
compute: azureml:cpu-cluster
display_name: hello
"""

studio = Studio()
clusters = studio.compute.clusters
made = clusters.create("cpu-cluster", max_nodes=1, idle_seconds=30, price_per_hour=0.40)
print(f"{made.name}: {made.min_nodes} to {made.max_nodes} nodes of {made.title}, {made.nodes_up} up")

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "job.yml"
    file.write_text(JOB)
    run = studio.experiments.wait(studio.experiments.submit_file(file).run.id)
print(f"{run.name} on {run.compute}: {run.state}")

for node in clusters.get("cpu-cluster").nodes:
    print(f"node {node.number} is {node.state}")
spent = clusters.cost(run.id)
print(f"the run has cost {'something' if spent.cost > 0 else 'nothing'}, in {len(spent.attempts)} attempt")

clusters.update("cpu-cluster", max_nodes=0)  # stopped: no nodes
clusters.delete("cpu-cluster")
print("deleted; what runs have cost stays known")
