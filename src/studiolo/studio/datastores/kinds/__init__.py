"""Kinds of datastores that keep files: one file each."""
