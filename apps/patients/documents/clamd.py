"""Asks clamd, the ClamAV daemon, about a file. The file flows through the socket; clamd needs no access to any disk."""

import socket
import struct
from collections.abc import Iterable
from urllib.parse import urlsplit

PATIENCE = 60  # seconds for each step of the conversation


class ScannerAway(Exception):
    """The scanner cannot be reached, or did not say yes or no."""


def examine(address: str, pieces: Iterable[bytes]) -> str:
    """What clamd at `address` (tcp://host:3310, unix:///run/clamd.sock) finds: the name of the malware, or "".

    Raises ScannerAway.
    """
    try:
        with _connected(address) as line:
            line.sendall(b"zINSTREAM\0")
            for piece in pieces:
                line.sendall(struct.pack(">I", len(piece)) + piece)
            line.sendall(struct.pack(">I", 0))
            answer = _answer(line)
    except OSError as problem:
        raise ScannerAway(type(problem).__name__) from problem
    words = answer.removeprefix("stream: ")
    if words == "OK":
        return ""
    if words.endswith(" FOUND"):
        return words.removesuffix(" FOUND")[:200]
    raise ScannerAway("unclear answer")


def _connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(PATIENCE)
        line.connect(parts.path)
        return line
    return socket.create_connection((parts.hostname or "localhost", parts.port or 3310), timeout=PATIENCE)


def _answer(line: socket.socket) -> str:
    answer = b""
    while not answer.endswith((b"\0", b"\n")) and len(answer) < 4096 and (part := line.recv(4096)):
        answer += part
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")
