"""Databricks by its REST API: how one is named, asked and understood."""
