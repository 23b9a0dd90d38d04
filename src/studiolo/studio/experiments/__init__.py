"""Experiments: runs and jobs, their metrics, artifacts and logs."""
