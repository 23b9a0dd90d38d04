"""Import from MLflow: a reader of the source beside the user, and an owner's entrance of the server that takes runs in bulk.

`source` says what a reader gives; `folder`, `database` and `server` are the three. `transfer` asks the studio what it has, reads
the rest and sends it; `ingest` writes it, each run in one transaction with the record that it is here.
"""
