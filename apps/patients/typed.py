"""What was typed into a search, carried through an address without being readable there.

A search is a POST, because names do not belong into addresses and logs. Its results page is a GET, so that going
back and turning pages work: it carries the typed words sealed under the clinic's key, for this person, for a while.
"""

import base64
import binascii
import struct
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from apps.core.encryption import SealBroken, open_sealed, seal

FIELD_ID: Final = "patients.search.typed"
KEPT: Final = timedelta(hours=12)
BLOCK: Final = 32


def sealed(text: str, *, by: UUID, at: datetime) -> str:
    """The words as a token for an address."""
    plain = struct.pack(">Q", int(at.timestamp())) + text.encode()
    padded = plain + b"\x80" + bytes(-(len(plain) + 1) % BLOCK)
    return base64.urlsafe_b64encode(seal(padded, field_id=FIELD_ID, row=by)).decode().rstrip("=")


def opened(token: str, *, by: UUID, at: datetime) -> str:
    """The words of a token; nothing if it is somebody else's, too old, or no token at all."""
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        plain = open_sealed(data, field_id=FIELD_ID, row=by).rstrip(b"\0")[:-1]
    except (SealBroken, binascii.Error, ValueError):
        return ""
    (sealed_at,) = struct.unpack_from(">Q", plain)
    return plain[8:].decode() if 0 <= at.timestamp() - sealed_at <= KEPT.total_seconds() else ""
