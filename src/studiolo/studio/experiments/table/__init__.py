"""The table of runs: search, groups, columns, changes to many, export, saved views."""
