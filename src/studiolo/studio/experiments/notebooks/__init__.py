"""Notebook jobs: an .ipynb run from top to bottom with parameters, its outputs kept in a copy of it."""
