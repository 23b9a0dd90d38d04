"""Registering many files, or files from elsewhere: a job brings them, the controller makes the version.

`orders` is the server's side: it checks what is asked for and submits the job. `job` is the process: `sources` finds files,
`collecting` copies them into the store while hashing, `stat_cache` knows those that did not change since, `unpacking` opens
archives, `tables` looks how they are read. It writes no row: what it leaves is taken by the tick (`taking`).
"""
