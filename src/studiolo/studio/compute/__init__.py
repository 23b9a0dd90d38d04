"""Compute: where jobs run."""
