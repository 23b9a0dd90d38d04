"""Pipelines: steps that are jobs, joined by what they read and write.

`studiolo pipelines submit pipeline.yml`: `files/` reads the YAML on the client's side and sends code and local inputs as far as they
are missing → `router.submit_run` → `service.submit` finds components, checks the graph (`checking.py`) and pins data → one
transaction holds the run of kind `pipeline` and a row for each step → the controller's `reconcile.tick` starts what can start
(`deciding.py` is pure), as jobs of `experiments`, or takes a result over that is there already (`reuse.py`) → a job that ends is seen
in the round in which it ends, its outputs become manifests, and what waited for them starts.
"""
