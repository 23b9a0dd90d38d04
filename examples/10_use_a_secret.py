"""Give a job a password by its name: the job gets the value, nobody else does, and each use is written down."""

import secrets as chance
import tempfile
from pathlib import Path

from studiolo import Studio

SCRIPT = """
import hashlib, os
value = os.environ["WAREHOUSE_PASSWORD"]
print("signing in with", value)
print("its first digits of SHA-256:", hashlib.sha256(value.encode()).hexdigest()[:12])
"""
JOB = """
command: python load.py
code: src
secrets:
  WAREHOUSE_PASSWORD: warehouse-password
experiment_name: examples
display_name: load the warehouse
"""

studio = Studio()
value = chance.token_hex(12)  # in real life: getpass(), or `studiolo workspace secrets set warehouse-password`
made = studio.workspace.secrets.set("warehouse-password", value, description="Made by an example")
print(f"{made.name}, version {made.version}, may be used by {[grant.name for grant in made.granted]}")

with tempfile.TemporaryDirectory() as folder:
    place = Path(folder)
    (place / "src").mkdir()
    (place / "src" / "load.py").write_text(SCRIPT)
    (place / "job.yml").write_text(JOB)
    run = studio.experiments.submit_file(place / "job.yml").run

ended = studio.experiments.wait(run.id)
log = "".join(studio.experiments.follow(run.id))
print(log, end="")
print(f"{ended.name}: {ended.state}; the value is in its log: {value in log}")

(use, *_) = studio.workspace.secrets.uses("warehouse-password")
print(f"given to '{use.run}' as {use.env} in the name of {use.account}")
studio.workspace.secrets.delete("warehouse-password", for_good=True)
