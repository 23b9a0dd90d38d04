"""Endpoints: models that answer over HTTP."""
