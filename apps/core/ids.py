"""Identifiers that sort by the time they were made, so that indexes grow at one end."""

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """A version 7 UUID (RFC 9562): 48 bits of milliseconds, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)
