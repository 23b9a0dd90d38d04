"""Studiolo: a machine-learning studio that you own."""

from studiolo.version import __version__

__all__ = ["Studio", "__version__"]


def __getattr__(name: str) -> object:
    """Load the SDK only when it is asked for, so that `import studiolo` stays light (PEP 562)."""
    if name == "Studio":
        from studiolo.sdk.studio import Studio

        return Studio
    raise AttributeError(f"module 'studiolo' has no attribute '{name}'")
