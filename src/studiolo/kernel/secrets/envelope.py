"""An envelope for a secret: AES-256-GCM under a key of its own, which is sealed under the master key.

It opens only for the place it was sealed for (`about`, such as `workspace|webhook|id`): copied to another row it is refused.
Layout: version 1 | key id 8 | nonce 12 | sealed data key 48 | nonce 12 | sealed secret.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.secrets import scrubbing
from studiolo.kernel.secrets.master import MasterKey

_VERSION = b"\x01"
_NONCE, _SEALED_KEY = 12, 48


class SecretUnreadable(StudioloError):
    """A stored secret does not open: another master key, another row, or damaged."""

    code, status, title = "secrets.unreadable", 500, "A stored secret cannot be read"


def seal(master: MasterKey, secret: str, about: str) -> bytes:
    """Return the envelope of a secret."""
    scrubbing.remember(secret)
    key, first, second = AESGCM.generate_key(256), os.urandom(_NONCE), os.urandom(_NONCE)
    sealed_key = AESGCM(master.key).encrypt(first, key, about.encode())
    sealed = AESGCM(key).encrypt(second, secret.encode(), about.encode())
    return _VERSION + master.id + first + sealed_key + second + sealed


def unseal(master: MasterKey, envelope: bytes, about: str) -> str:
    """Return the secret in an envelope; raises SecretUnreadable."""
    key, sealed = _data_key(master, envelope, about)
    try:
        text = AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode()).decode()
    except (InvalidTag, ValueError):
        raise _damaged() from None
    scrubbing.remember(text)
    return text


def rewrap(master: MasterKey, envelope: bytes, about: str) -> bytes:
    """Return the envelope with its data key sealed under the newest master key; the secret itself is not opened."""
    key, sealed = _data_key(master, envelope, about)
    nonce = os.urandom(_NONCE)
    return _VERSION + master.id + nonce + AESGCM(master.key).encrypt(nonce, key, about.encode()) + sealed


def key_id(envelope: bytes) -> bytes:
    """Return the id of the master key that sealed an envelope."""
    return envelope[1:9]


def _data_key(master: MasterKey, envelope: bytes, about: str) -> tuple[bytes, bytes]:
    """Return the key of an envelope, and what it sealed."""
    sealing = next((one for one in (master, *master.older) if one.id == key_id(envelope)), None)
    if envelope[:1] != _VERSION or sealing is None:
        raise SecretUnreadable(
            "The secret was sealed under another master key.", "Put that key file back, or write the secret anew."
        )
    rest = envelope[9:]
    nonce, sealed_key = rest[:_NONCE], rest[_NONCE : _NONCE + _SEALED_KEY]
    try:
        return AESGCM(sealing.key).decrypt(nonce, sealed_key, about.encode()), rest[_NONCE + _SEALED_KEY :]
    except (InvalidTag, ValueError):
        raise _damaged() from None


def _damaged() -> SecretUnreadable:
    return SecretUnreadable("The secret does not belong to this row, or it is damaged.", "Write the secret anew.")
