"""Random texts that prove something, and the hash under which they are stored."""

import hashlib
import secrets


def new_secret(prefix: str) -> str:
    """Return a fresh secret of 256 bits; the prefix tells people and scanners what it is."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def digest(secret: str) -> str:
    """Return what is stored of a secret: SHA-256 suffices, since 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
