"""The scorer: its own process, its own tiny ASGI app."""
