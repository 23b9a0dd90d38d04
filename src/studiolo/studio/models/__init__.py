"""Models: the registry. A version is a manifest of blobs that never changes, in MLflow's model format.

One request walked through: `POST /w/default/api/models/titanic/versions` → `router.register` → `service.register`, which
reads the run's `MLmodel` file, copies the names of its files below `registry/<version id>` (the bytes are shared),
writes the version and the lineage edge from the run in one transaction → 201 with the version.
"""
