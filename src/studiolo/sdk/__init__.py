"""The Python client: Studio, one attribute per slice."""
