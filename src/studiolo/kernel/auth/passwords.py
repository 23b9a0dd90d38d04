"""Passwords are kept as argon2id hashes."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from studiolo.kernel.errors import Invalid

_hasher = PasswordHasher()  # argon2id with the library's current parameters


def hashed(password: str) -> str:
    """Return the hash to store; raises Invalid below 8 characters."""
    if len(password) < 8:
        raise Invalid("The password has fewer than 8 characters.", "Choose a longer one.", field="password")
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Say whether a password is the one of a stored hash; takes as long when there is none."""
    absent = _absent()  # made for known names too
    try:
        return _hasher.verify(stored or absent, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _absent() -> str:
    """Return what is verified for unknown names, so that they cost the same time; not made before somebody signs in."""
    return _hasher.hash("no account has this")
