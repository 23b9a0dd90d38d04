"""Environments: what a job's Python has, registered in versions that never change, locked once, built when needed."""
