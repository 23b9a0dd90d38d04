"""Profiles of files as they are: how many, how large, of which kinds by name and by content, repeated, damaged.

`look` decides from a list of files and their bytes, `kinds` tells a kind from first bytes, `job` is the process that does it.
"""
