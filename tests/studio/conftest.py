"""Fixtures of the slices' tests."""

from tests.studio.live import live, tracked

__all__ = ["live", "tracked"]
