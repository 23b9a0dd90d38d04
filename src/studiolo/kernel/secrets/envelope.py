"""An envelope for a secret: AES-256-GCM under a key of its own, which is sealed under the master key.

It opens only for the place it was sealed for (`about`, such as `workspace|webhook|id`): copied to another row it is refused.
Layout: version 1 | key id 8 | nonce 12 | sealed data key 48 | nonce 12 | sealed secret.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.secrets.master import MasterKey

_VERSION = b"\x01"
_NONCE, _SEALED_KEY = 12, 48


class SecretUnreadable(StudioloError):
    """A stored secret does not open: another master key, another row, or damaged."""

    code, status, title = "secrets.unreadable", 500, "A stored secret cannot be read"


def seal(master: MasterKey, secret: str, about: str) -> bytes:
    """Return the envelope of a secret."""
    key, first, second = AESGCM.generate_key(256), os.urandom(_NONCE), os.urandom(_NONCE)
    sealed_key = AESGCM(master.key).encrypt(first, key, about.encode())
    sealed = AESGCM(key).encrypt(second, secret.encode(), about.encode())
    return _VERSION + master.id + first + sealed_key + second + sealed


def unseal(master: MasterKey, envelope: bytes, about: str) -> str:
    """Return the secret in an envelope; raises SecretUnreadable."""
    if envelope[:1] != _VERSION or envelope[1:9] != master.id:
        raise SecretUnreadable(
            "The secret was sealed under another master key.", "Put that key file back, or write the secret anew."
        )
    rest = envelope[9:]
    first, sealed_key = rest[:_NONCE], rest[_NONCE : _NONCE + _SEALED_KEY]
    second, sealed = rest[_NONCE + _SEALED_KEY : 2 * _NONCE + _SEALED_KEY], rest[2 * _NONCE + _SEALED_KEY :]
    try:
        key = AESGCM(master.key).decrypt(first, sealed_key, about.encode())
        return AESGCM(key).decrypt(second, sealed, about.encode()).decode()
    except (InvalidTag, ValueError):
        raise SecretUnreadable(
            "The secret does not belong to this row, or it is damaged.", "Write the secret anew."
        ) from None
