"""Delta tables: a folder with a log of commits. The log says which files are the table at a version, and that version is what is kept.

`log` finds the version and its files, `table` makes one table of them.
"""
