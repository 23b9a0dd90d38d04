"""Attempts on other machines: shipped out, started there under the same runner, and mirrored back into their local directory."""
