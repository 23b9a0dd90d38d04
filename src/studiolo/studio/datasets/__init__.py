"""Datasets: immutable versions of tables, their preview and profile.

One request walked through: `POST /datasets/uploads?name=titanic` with the file as its body. `router` hands the stream to
`uploads`, which hashes it into the blob store's spool; `inspection` starts `inspect_process`, a child with a memory limit
that finds out through `formats` how the file is read and proves it (`reading`), so that the server never parses a table;
`service` writes version 1 and submits the profile job in one transaction; `jobs` computes it (`profile`) in a process of
its own; `reconcile` takes the result. `table_file` is what jobs of every slice read a dataset with.
"""
