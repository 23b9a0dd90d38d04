"""Datastores: where bytes live.

Two come with a workspace: `workspace`, the content-addressed folder of dataset versions, artifacts and models, and
`workspaceblobstore`, a folder of files by path. Others are registered: `POST /datastores {"name": "sales", "kind": "s3", …}` ->
`router.create_datastore` asks for `datastores.write` -> `service.create` checks the fields by the kind's SPEC
(`kinds/s3.py`), seals the credentials for this very row and writes both in one transaction. Who reads asks
`service.store(ctx, "sales")` for a `Store` (`ports.py`); a job opens the same by `opening.from_environment("sales")`.
"""
