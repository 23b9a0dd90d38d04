"""Looking into files before they are registered: what they would be as a table, within bounds, and nothing is kept.

`sources` finds the files and opens ranges of them, `pieces` takes at most 2 MiB of each, `process` is the child that looks at the
pieces with the same code that proves whole files later.
"""
