"""Workspaces: the context of everything."""
