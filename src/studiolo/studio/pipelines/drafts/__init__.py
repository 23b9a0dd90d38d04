"""Drafts of pipelines: kept as they are written, complete or not, until somebody submits them."""
