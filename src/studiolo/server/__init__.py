"""The web process: composition root of HTTP, live events and the UI."""
