"""Datastores: where bytes live."""
