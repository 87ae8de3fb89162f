"""Keys: the root key wraps a clinic's wrapping key, which wraps the keys that seal, index and sign (ARCHITECTURE §5).

Every key is versioned. The newest version works; older ones still open, find and verify what they made.
Whoever holds the database without the root key holds noise; deleting a clinic's ClinicKey rows erases it.
"""

import os
import struct
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from apps.core.models import ClinicKey
from apps.core.root_key import KEY_BYTES, NONCE_BYTES, RootKeyError, Wrapper, make_demo_key

__all__ = [
    "CACHE_SECONDS",
    "Keyring",
    "KeysMissing",
    "RootKeyError",
    "SealBroken",
    "SigningKey",
    "UnknownKey",
    "add_version",
    "create_keys",
    "forget",
    "has_keys",
    "keyring",
    "make_demo_key",
    "open_sealed",
    "rewrap",
    "root_key",
    "seal",
]

# How long a process keeps a clinic's unwrapped keys. A new version is used by all processes after this time.
CACHE_SECONDS: Final = 300
# Format 1 of a sealed value: this byte, the data key's version (2 bytes), the nonce (12), ciphertext and tag (16).
FORMAT: Final = 1
HEADER: Final = struct.Struct(">BH")
SEALED_OVERHEAD: Final = HEADER.size + NONCE_BYTES + 16

Purpose = ClinicKey.Purpose


class KeysMissing(RuntimeError):
    """The clinic has no keys: it was never opened, or it was erased."""


class SealBroken(Exception):
    """A sealed value was changed, cut, moved from elsewhere, or sealed with a key this clinic does not hold."""


class UnknownKey(SealBroken):
    """The value names a data key that is not on the ring: a newer one, or another clinic's."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs this clinic's tokens, and the name (kid) by which a token says so."""

    kid: str
    private: Ed25519PrivateKey


class Keyring:
    """The unwrapped keys of one clinic. Never printed, pickled or stored."""

    __slots__ = (
        *("_data", "_index", "_signing", "_verifying", "_wrapping"),
        *("clinic", "data_version", "loaded_at", "proved"),
    )

    def __init__(self, clinic: str, keys: Iterable[tuple[str, int, bytes, bool]]) -> None:
        """`keys`: purpose, version, key, retired. A retired key opens and verifies, but makes nothing new."""
        self.clinic = clinic
        self.loaded_at = time.monotonic()
        self.proved: dict[str, dict[str, Any]] = {}  # what access tokens say that these keys verified
        self._wrapping: dict[int, bytes] = {}
        self._data: dict[int, AESGCM] = {}
        self._index: dict[int, bytes] = {}
        self._signing: dict[int, Ed25519PrivateKey] = {}
        self._verifying: dict[str, Ed25519PublicKey] = {}
        for purpose, version, key, retired in keys:
            if purpose == Purpose.WRAPPING:
                self._wrapping[version] = key
            elif purpose == Purpose.DATA:
                self._data[version] = AESGCM(key)
            elif purpose == Purpose.INDEX:
                self._index[version] = key
            elif not retired:
                private = Ed25519PrivateKey.from_private_bytes(key)
                self._signing[version] = private
                self._verifying[str(version)] = private.public_key()
        if not (self._wrapping and self._data and self._index and self._signing):
            raise KeysMissing("This clinic has no keys: it was never opened, or it was erased.")
        self.data_version = max(self._data)

    def __repr__(self) -> str:
        return f"<Keyring of {self.clinic}>"

    def __reduce__(self) -> str:
        raise TypeError("A keyring is not pickled.")

    def seal(self, plain: bytes, field_id: str, row: object) -> bytes:
        """`plain` sealed for this field of this row of this clinic, with the newest data key."""
        version, nonce = self.data_version, os.urandom(NONCE_BYTES)
        bound_to = _prefix(self.clinic, field_id, version) + _row(row)
        return HEADER.pack(FORMAT, version) + nonce + self._data[version].encrypt(nonce, plain, bound_to)

    def open(self, sealed: bytes, field_id: str, row: object) -> bytes:
        """What was sealed for this field of this row. Raises SealBroken; its words hold no value."""
        if len(sealed) < SEALED_OVERHEAD:
            raise SealBroken(f"A sealed value of {field_id} is cut short.")
        form, version = HEADER.unpack_from(sealed)
        key = self._data.get(version)
        if form != FORMAT or key is None:
            raise UnknownKey(f"A sealed value of {field_id} names a key that this clinic does not hold.")
        bound_to = _prefix(self.clinic, field_id, version) + _row(row)
        try:
            return key.decrypt(sealed[3:15], sealed[15:], bound_to)
        except InvalidTag:
            raise SealBroken(f"A sealed value of {field_id} was changed, or belongs elsewhere.") from None

    def openings(self, field_id: str) -> dict[bytes, tuple[Callable[[bytes, bytes, bytes], bytes], bytes]]:
        """For whoever opens hundreds of one field: header → what decrypts, and what a row's key is added to."""
        return {
            HEADER.pack(FORMAT, version): (key.decrypt, _prefix(self.clinic, field_id, version) + b"u")
            for version, key in self._data.items()
        }

    def index_key(self) -> bytes:
        """The key of the blind index: tokens of two clinics have nothing in common."""
        return self._index[max(self._index)]

    def signing_key(self) -> SigningKey:
        """The newest key that signs this clinic's tokens (Ed25519, for EdDSA JWTs)."""
        version = max(self._signing)
        return SigningKey(str(version), self._signing[version])

    def verifying_keys(self) -> dict[str, Ed25519PublicKey]:
        """kid → public key of every signing key that is not retired."""
        return self._verifying

    def wrap(self, key: bytes, purpose: str, version: int) -> bytes:
        """A data, index or signing key, wrapped with the clinic's newest wrapping key."""
        newest, nonce = max(self._wrapping), os.urandom(NONCE_BYTES)
        bound_to = _wrapped_context(self.clinic, purpose, version)
        return struct.pack(">H", newest) + nonce + AESGCM(self._wrapping[newest]).encrypt(nonce, key, bound_to)


def keyring() -> Keyring:
    """The keys of the clinic that the current transaction is in. Read once per process and CACHE_SECONDS.

    Raises KeysMissing, RootKeyError.
    """
    context = connection.context  # type: ignore[attr-defined]
    if context is None or not context.clinic:
        raise KeysMissing("No clinic entered: keys belong to one.")
    own: Keyring | None = context.memo.get("core.keyring")
    if own is not None:
        return own
    ring = _cached.get(context.clinic)
    if ring is None or time.monotonic() - ring.loaded_at > CACHE_SECONDS:
        ring = _load(context.clinic)
        if "core.keys_changed" not in context.memo:  # what is not committed yet must not outlive a rollback
            with _lock:
                _cached[context.clinic] = ring
    context.memo["core.keyring"] = ring
    return ring


def seal(plain: bytes, *, field_id: str, row: object) -> bytes:
    """Bytes sealed for one field of one row of the current clinic. For what is not a model's sealed field."""
    return keyring().seal(plain, field_id, row)


def open_sealed(sealed: bytes, *, field_id: str, row: object) -> bytes:
    """The reverse of `seal`. A key version made by another process a moment ago is fetched. Raises SealBroken."""
    ring = keyring()
    try:
        return ring.open(sealed, field_id, row)
    except UnknownKey:
        forget(ring.clinic)
        return keyring().open(sealed, field_id, row)


def has_keys() -> bool:
    """Whether the current clinic has its keys."""
    return ClinicKey.objects.exists()


def create_keys(clinic_id: uuid.UUID | str) -> None:
    """A new clinic's first keys. Called by provisioning, inside the clinic. Raises RootKeyError."""
    clinic = connection.context.clinic  # type: ignore[attr-defined]
    if clinic != str(clinic_id):
        raise KeysMissing("Keys are made inside the clinic that they are for.")
    wrapping, now = os.urandom(KEY_BYTES), timezone.now()
    fresh = [(Purpose.DATA, os.urandom(KEY_BYTES)), (Purpose.INDEX, os.urandom(KEY_BYTES))]
    fresh.append((Purpose.SIGNING, Ed25519PrivateKey.generate().private_bytes_raw()))
    ring = Keyring(clinic, [(Purpose.WRAPPING, 1, wrapping, False), *((p, 1, key, False) for p, key in fresh)])
    rows = [_row_of(Purpose.WRAPPING, 1, root_key().wrap(wrapping, _wrapped_context(clinic, Purpose.WRAPPING, 1)), now)]
    rows += [_row_of(purpose, 1, ring.wrap(key, purpose, 1), now) for purpose, key in fresh]
    ClinicKey.objects.bulk_create(rows)
    _changed(clinic)


def add_version(purpose: str) -> int:
    """A new version of the current clinic's data or signing key; older ones stay. Answers its number.

    Other processes take it up within CACHE_SECONDS.
    """
    if purpose not in {Purpose.DATA, Purpose.SIGNING}:
        raise ValueError("Only data and signing keys get new versions.")
    with transaction.atomic():
        newest = ClinicKey.objects.select_for_update().filter(purpose=purpose).order_by("-version").first()
        ring = keyring()
        if newest is None:
            raise KeysMissing("This clinic has no keys.")
        version = newest.version + 1
        key = os.urandom(KEY_BYTES) if purpose == Purpose.DATA else Ed25519PrivateKey.generate().private_bytes_raw()
        _row_of(purpose, version, ring.wrap(key, purpose, version), timezone.now()).save(force_insert=True)
    _changed(ring.clinic)
    return version


def rewrap() -> int:
    """Wrap the current clinic's wrapping keys with the newest root key. Answers how many."""
    clinic = keyring().clinic
    with transaction.atomic():
        rows = list(ClinicKey.objects.select_for_update().filter(purpose=Purpose.WRAPPING))
        for row in rows:
            context = _wrapped_context(clinic, Purpose.WRAPPING, row.version)
            row.wrapped = root_key().wrap(root_key().unwrap(bytes(row.wrapped), context), context)
            row.save(update_fields=["wrapped"])
    _changed(clinic)
    return len(rows)


def forget(clinic: str) -> None:
    """Drop a clinic's keys from this process; they are read again when next needed."""
    with _lock:
        _cached.pop(clinic, None)
    context = connection.context  # type: ignore[attr-defined]
    if context is not None and context.clinic == clinic:
        context.memo.pop("core.keyring", None)


def root_key() -> Wrapper:
    """Whoever keeps the root key here. Raises RootKeyError, also when production was given the demo's key."""
    keeper = _root_key()
    if keeper.is_demo and settings.PRODUCTION:
        raise RootKeyError("This is the demo's root key: production needs one of its own.")
    return keeper


@cache
def _root_key() -> Wrapper:
    make: Callable[[object], Wrapper] = import_string(settings.HPMS_KEY_WRAPPER)
    return make(settings)


def _load(clinic: str) -> Keyring:
    rows = list(ClinicKey.objects.order_by("purpose", "version"))
    wrapping = {
        row.version: root_key().unwrap(bytes(row.wrapped), _wrapped_context(clinic, row.purpose, row.version))
        for row in rows
        if row.purpose == Purpose.WRAPPING
    }
    keys = [(row.purpose, row.version, _unwrapped(row, clinic, wrapping), row.retired_at is not None) for row in rows]
    return Keyring(clinic, keys)


def _unwrapped(row: ClinicKey, clinic: str, wrapping: dict[int, bytes]) -> bytes:
    if row.purpose == Purpose.WRAPPING:
        return wrapping[row.version]
    wrapped = bytes(row.wrapped)
    by, nonce, rest = struct.unpack_from(">H", wrapped)[0], wrapped[2 : 2 + NONCE_BYTES], wrapped[2 + NONCE_BYTES :]
    if by not in wrapping:
        raise KeysMissing("A key was wrapped with a key that this clinic does not hold.")
    try:
        return AESGCM(wrapping[by]).decrypt(nonce, rest, _wrapped_context(clinic, row.purpose, row.version))
    except InvalidTag:
        raise KeysMissing("A wrapped key was changed, or belongs to another clinic.") from None


def _row_of(purpose: str, version: int, wrapped: bytes, at: datetime) -> ClinicKey:
    return ClinicKey(purpose=purpose, version=version, wrapped=wrapped, created_at=at)


def _changed(clinic: str) -> None:
    """Until this transaction has ended its keys stay its own; afterwards the process reads them anew."""
    connection.context.memo["core.keys_changed"] = True  # type: ignore[attr-defined]
    forget(clinic)
    transaction.on_commit(lambda: forget(clinic))


def _packed(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


@lru_cache(maxsize=4096)
def _prefix(clinic: str, field_id: str, version: int) -> bytes:
    """The part of the associated data that every row of a field shares: packing it is half of an opening's cost."""
    return _packed(b"hpms.field.1", uuid.UUID(clinic).bytes, field_id.encode(), struct.pack(">H", version))


def _row(row: object) -> bytes:
    """UUID keys as their 16 bytes; any other key as text of another length mark, so that the two never meet."""
    if isinstance(row, uuid.UUID):
        return b"u" + row.bytes
    if row is None:
        raise ValueError("A value is sealed for a row: the row needs its key first.")
    return b"t" + str(row).encode()


def _wrapped_context(clinic: str, purpose: str, version: int) -> bytes:
    return _packed(b"hpms.key.1", uuid.UUID(clinic).bytes, str(purpose).encode(), struct.pack(">H", version))


_lock = threading.Lock()
_cached: dict[str, Keyring] = {}
