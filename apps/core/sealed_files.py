"""Files that a disk cannot read: AES-256-GCM in chunks (the STREAM construction), sealed as they flow.

Every file has a key of its own, which whoever keeps the file keeps in a sealed field; rotating the clinic's data key
therefore seals 32 bytes anew, not the file. Each chunk is bound to clinic, owner (the row that the file belongs to),
its place and whether it is the last: bytes that were changed, cut off, put in another order, or brought from another
file, row or clinic do not open.

Format 1: mark (6 bytes), nonce prefix (7), then chunks of 64 KiB and a tag (16); the last may be shorter.
"""

import io
import os
import struct
import uuid
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.core.encryption import SealBroken
from apps.core.root_key import KEY_BYTES

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

MARK: Final = b"HPMSF\x01"
PREFIX_BYTES: Final = 7
HEADER_BYTES: Final = len(MARK) + PREFIX_BYTES
CHUNK: Final = 64 * 1024
TAG: Final = 16
STRIDE: Final = CHUNK + TAG
MOST_CHUNKS: Final = 2**32


def new_key() -> bytes:
    """The key of one file. It seals that file once and nothing else ever."""
    return os.urandom(KEY_BYTES)


class FileSeal:
    """The key of one file, and what the file is bound to."""

    __slots__ = ("_bound_to", "_key")

    def __init__(self, key: bytes, *, clinic: str, owner: uuid.UUID) -> None:
        self._key = AESGCM(key)
        self._bound_to = b"hpms.file.1" + uuid.UUID(clinic).bytes + owner.bytes

    def __repr__(self) -> str:
        return "<FileSeal>"

    def seal(self, prefix: bytes, place: int, plain: bytes, *, last: bool) -> bytes:
        if place >= MOST_CHUNKS:
            raise ValueError("The file is too long to be sealed.")
        return self._key.encrypt(_nonce(prefix, place, last), plain, self._context(place, last))

    def open(self, prefix: bytes, place: int, sealed: bytes, *, last: bool) -> bytes:
        """Raises SealBroken."""
        try:
            return self._key.decrypt(_nonce(prefix, place, last), sealed, self._context(place, last))
        except InvalidTag:
            raise SealBroken("A sealed file was changed or cut, or belongs elsewhere.") from None

    def _context(self, place: int, last: bool) -> bytes:
        return self._bound_to + struct.pack(">I?", place, last)


class SealingWriter:
    """Seals what is written to it and passes it on to `target`; `finish()` marks the end."""

    def __init__(self, target: IO[bytes], seal: FileSeal) -> None:
        self._target, self._seal = target, seal
        self._prefix, self._place, self._waiting = os.urandom(PREFIX_BYTES), 0, bytearray()
        target.write(MARK + self._prefix)

    def write(self, plain: "ReadableBuffer") -> None:
        self._waiting += plain
        while len(self._waiting) > CHUNK:  # the last full chunk waits: only finish() knows that it is the last
            self._pass_on(CHUNK, last=False)

    def finish(self) -> None:
        self._pass_on(len(self._waiting), last=True)

    def _pass_on(self, length: int, *, last: bool) -> None:
        chunk = bytes(self._waiting[:length])
        del self._waiting[:length]
        self._target.write(self._seal.seal(self._prefix, self._place, chunk, last=last))
        self._place += 1


class OpenedFile(io.RawIOBase):
    """A sealed file, read as if it were not: any part of it, one chunk in memory. Raises SealBroken.

    `source` is something that can be read and sought; closing this closes it.
    """

    def __init__(self, source: IO[bytes], seal: FileSeal) -> None:
        super().__init__()
        self._source, self._seal = source, seal
        body = source.seek(0, io.SEEK_END) - HEADER_BYTES
        source.seek(0)
        header = source.read(HEADER_BYTES)
        self._chunks = -(-body // STRIDE)
        if not header.startswith(MARK) or body - (self._chunks - 1) * STRIDE < TAG:
            raise SealBroken("A sealed file is cut short.")
        self._prefix = header[len(MARK) :]
        self.size = body - self._chunks * TAG
        self._at, self._held, self._held_place = 0, b"", -1

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        place, skip = divmod(self._at, CHUNK)
        if self._at >= self.size or not view:
            if not self.size:
                self._chunk(0)  # even an empty file proves that it is one
            return 0
        part = self._chunk(place)[skip : skip + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def chunks(self) -> Iterator[bytes]:
        """All of it, from the start."""
        for place in range(self._chunks):
            yield self._chunk(place)

    def verify(self) -> None:
        """Open every chunk once, so that nothing is handed out of a file that is not whole. Raises SealBroken."""
        for _ in self.chunks():
            pass

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()

    def _chunk(self, place: int) -> bytes:
        if place != self._held_place:
            self._source.seek(HEADER_BYTES + place * STRIDE)
            sealed, last = self._source.read(STRIDE), place == self._chunks - 1
            self._held = self._seal.open(self._prefix, place, sealed, last=last)
            self._held_place = place
        return self._held


def seal_into(target: IO[bytes], plain: Iterable[bytes], seal: FileSeal) -> None:
    """Seal a whole file."""
    writer = SealingWriter(target, seal)
    for part in plain:
        writer.write(part)
    writer.finish()


def _nonce(prefix: bytes, place: int, last: bool) -> bytes:
    return prefix + struct.pack(">I?", place, last)
