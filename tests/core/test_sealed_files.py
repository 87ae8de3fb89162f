"""Sealed files: what was changed, cut, put in another order or brought from elsewhere does not open."""

import io
import uuid
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.encryption import SealBroken
from apps.core.sealed_files import CHUNK, HEADER_BYTES, STRIDE, TAG, FileSeal, OpenedFile, new_key, seal_into

CLINIC, OTHER = str(uuid.uuid4()), str(uuid.uuid4())
OWNER, KEY = uuid.uuid4(), new_key()
SEAL = FileSeal(KEY, clinic=CLINIC, owner=OWNER)
SIZES = (0, 1, 16, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5)


def sealed(plain: bytes, seal: FileSeal = SEAL, *, pieces: int = 10_000) -> bytes:
    target = io.BytesIO()
    seal_into(target, (plain[at : at + pieces] for at in range(0, len(plain), pieces)), seal)
    return target.getvalue()


def opened(data: bytes, seal: FileSeal = SEAL) -> bytes:
    return io.BufferedReader(OpenedFile(io.BytesIO(data), seal)).read()


def plain_of(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


LONG = plain_of(2 * CHUNK + 90)
SEALED = sealed(LONG)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_opens(size: int) -> None:
    plain = plain_of(size)
    data = sealed(plain)
    assert opened(data) == plain
    assert OpenedFile(io.BytesIO(data), SEAL).size == size
    assert b"".join(OpenedFile(io.BytesIO(data), SEAL).chunks()) == plain
    assert len(data) == HEADER_BYTES + size + TAG * max(1, -(-size // CHUNK))


@settings(deadline=None)
@given(st.integers(0, len(LONG) + 50), st.integers(0, len(LONG) + 50))
def test_any_part_can_be_read(start: int, length: int) -> None:
    file = io.BufferedReader(OpenedFile(io.BytesIO(SEALED), SEAL))
    file.seek(start)
    assert file.read(length) == LONG[start : start + length]


@pytest.mark.parametrize("pieces", [1000, CHUNK, 200_000])
def test_it_does_not_matter_in_what_pieces_it_arrives(pieces: int) -> None:
    assert opened(sealed(LONG, pieces=pieces)) == LONG


def test_two_sealings_of_the_same_file_have_nothing_in_common() -> None:
    assert sealed(b"x" * 100)[HEADER_BYTES:] != sealed(b"x" * 100)[HEADER_BYTES:]


@settings(deadline=None)
@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    data = bytearray(SEALED)
    data[place] ^= change
    with pytest.raises(SealBroken):
        opened(bytes(data))


@pytest.mark.parametrize("size", [1, CHUNK, 2 * CHUNK, 2 * CHUNK + 90])
def test_a_file_cut_anywhere_is_noticed(size: int) -> None:
    data = sealed(plain_of(size))
    cuts = {0, 5, HEADER_BYTES, HEADER_BYTES + TAG, HEADER_BYTES + STRIDE, HEADER_BYTES + STRIDE + 5, len(data) - 1}
    for cut in sorted(cut for cut in cuts if cut < len(data)):
        with pytest.raises(SealBroken):
            opened(data[:cut])


@pytest.mark.parametrize(
    "shuffle",
    [
        lambda head, one, two, last: head + two + one + last,
        lambda head, one, two, last: head + one + last,
        lambda head, one, two, last: head + one + one + last,
        lambda head, one, two, last: head + one + two + two + last,
        lambda head, one, two, last: head + one + two + last + last,
        lambda head, one, two, last: head + one + two,
    ],
    ids=["swapped", "left out", "put for another", "repeated", "last repeated", "last left out"],
)
def test_chunks_in_another_order_are_noticed(shuffle: Callable[..., bytes]) -> None:
    data = sealed(plain_of(3 * CHUNK))
    head, body = data[:HEADER_BYTES], data[HEADER_BYTES:]
    parts = [body[at : at + STRIDE] for at in range(0, len(body), STRIDE)]
    assert opened(head + b"".join(parts)) == plain_of(3 * CHUNK)
    with pytest.raises(SealBroken):
        opened(shuffle(head, *parts))


@pytest.mark.parametrize(
    "elsewhere",
    [
        FileSeal(KEY, clinic=OTHER, owner=OWNER),
        FileSeal(KEY, clinic=CLINIC, owner=uuid.uuid4()),
        FileSeal(new_key(), clinic=CLINIC, owner=OWNER),
    ],
    ids=["clinic", "row", "key"],
)
def test_a_file_from_elsewhere_does_not_open(elsewhere: FileSeal) -> None:
    with pytest.raises(SealBroken):
        opened(sealed(b"x-ray"), elsewhere)


def test_a_seal_shows_no_key() -> None:
    assert repr(SEAL) == "<FileSeal>"
