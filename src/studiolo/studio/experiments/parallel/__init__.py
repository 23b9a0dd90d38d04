"""Parallel jobs: data cut into mini-batches, which workers with the user's script take one after the other."""
