"""Automated ML: from a table and a target to a checked model."""
