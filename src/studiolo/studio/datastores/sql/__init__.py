"""Databases: a module in this folder each, with a SPEC of the family `sql` and `open_database`."""
