"""Sweeps: one job that tries many values, each try a run of its own, until the budget is spent."""
