"""The root key: the one secret outside the database. It wraps every clinic's wrapping key and nothing else.

Imports nothing of Django, so that the launcher can make the demo's key before there is a configured project.
Another keeper of secrets (a KMS, an HSM) takes its place by HPMS_KEY_WRAPPER: any callable that takes the
settings and returns a Wrapper.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES, NONCE_BYTES, FINGERPRINT_BYTES = 32, 12, 4
# The demo's keys begin with this, so that one is recognised wherever it is pasted; 192 random bits follow.
DEMO_MARK = b"HPMSDEMO"


class RootKeyError(RuntimeError):
    """There is no usable root key. The words say what to do; they never hold a key."""


class Wrapper(Protocol):
    """Whoever keeps the root key. `context` names what is wrapped and must be the same when it is unwrapped."""

    is_demo: bool

    def wrap(self, key: bytes, context: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes: ...


class LocalRootKey:
    """Root keys of this machine: the first wraps, all of them unwrap, so that a root key can be replaced."""

    def __init__(self, keys: list[bytes]) -> None:
        if not keys:
            raise RootKeyError("There is no root key: set HPMS_ROOT_KEY or HPMS_ROOT_KEY_FILE.")
        self.is_demo = any(key.startswith(DEMO_MARK) for key in keys)
        self._ciphers = {_fingerprint(key): AESGCM(key) for key in keys}
        self._first = _fingerprint(keys[0])

    def wrap(self, key: bytes, context: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return self._first + nonce + self._ciphers[self._first].encrypt(nonce, key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        mark, rest = wrapped[:FINGERPRINT_BYTES], wrapped[FINGERPRINT_BYTES:]
        if mark not in self._ciphers:
            raise RootKeyError("This clinic's keys were wrapped with another root key than the one configured.")
        try:
            return self._ciphers[mark].decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise RootKeyError("A wrapped key was changed, or belongs to another clinic.") from None


def local_root_key(settings: Any) -> LocalRootKey:
    """From HPMS_ROOT_KEY, else from the file HPMS_ROOT_KEY_FILE: base64 keys, newest first."""
    if settings.HPMS_ROOT_KEY:
        return LocalRootKey(list(_parsed(settings.HPMS_ROOT_KEY)))
    if settings.HPMS_ROOT_KEY_FILE:
        return LocalRootKey(list(_parsed(_read(Path(settings.HPMS_ROOT_KEY_FILE)))))
    raise RootKeyError("There is no root key: set HPMS_ROOT_KEY or HPMS_ROOT_KEY_FILE.")


def make_demo_key(path: Path | str) -> None:
    """Make the demo's root key file (mode 0600) unless there is one. Production refuses such a key."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    key = base64.b64encode(DEMO_MARK + os.urandom(KEY_BYTES - len(DEMO_MARK))).decode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(f"# Root key of the HPMS demo. Production refuses it.\n{key}\n")


def _read(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text()
    except OSError as error:
        raise RootKeyError(f"The root key file cannot be read: {error.strerror}.") from None
    if mode & 0o007:
        raise RootKeyError("The root key file is open to everybody: set its mode to 0600.")
    return text


def _parsed(text: str) -> Iterator[bytes]:
    lines = [line.partition("#")[0] for line in text.splitlines()]
    for word in " ".join(lines).replace(",", " ").split():
        try:
            key = base64.b64decode(word, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise RootKeyError("A root key is 32 bytes in base64, such as `openssl rand -base64 32` prints.")
        yield key


def _fingerprint(key: bytes) -> bytes:
    return hashlib.sha256(b"hpms.root.fingerprint" + key).digest()[:FINGERPRINT_BYTES]
