"""Ray as a compute: what is to be known of it, and what it says in plain words. `backends/ray.py` is the plug-in."""
