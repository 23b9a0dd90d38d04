"""The version of this distribution; pyproject.toml carries the same number."""

__version__ = "0.3.0"
