"""Datasets: immutable versions of tables, their preview and profile."""
