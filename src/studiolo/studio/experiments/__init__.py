"""Experiments: runs and jobs, their metrics, artifacts and logs.

A run is whatever keeps params, metrics, tags and artifacts; a job is a run that has a spec. One request walked through:
`POST /runs` → `service.submit` checks the spec and writes a row in state Queued with an event. The controller's tick
(`reconcile`) reserves cores, makes the attempt directory (`attempts`), has the compute start a runner on it, follows what the
job reports (`reports`), and at its end publishes the outputs and the final state in one transaction. What may follow what is a pure
function (`machine`). MLflow's clients write to the same rows through `mlflow/`.
"""
