"""Small files of every kind, as scanners and phones make them."""

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

SECRET = b"HbA1c of Asha Sharma is 7.9 percent"


def upload(content: bytes = b"", name: str = "report.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or pdf())


def pdf(text: bytes = SECRET, *, pages: int = 1) -> bytes:
    """A whole PDF of one page that shows `text`; `pages` repeats the text to make it larger."""
    stream = (b"BT /F1 18 Tf 60 760 Td (" + text + b") Tj ET\n") * pages
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, one)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def png(shade: int = 200, *, side: int = 8) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([shade]) * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0" + b"\x11" * 200 + b"\xff\xd9"


def webp() -> bytes:
    body = b"WEBPVP8L" + struct.pack("<I", 8) + b"\x2f" + b"\0" * 7
    return b"RIFF" + struct.pack("<I", len(body)) + body


def docx(*, macros: bool = False) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/_rels/document.xml.rels"):
            archive.writestr(name, "<x/>")
        if macros:
            archive.writestr("word/vbaProject.bin", b"x")
    return file.getvalue()


def odt(*, packed: int = 0, compression: int = zipfile.ZIP_STORED) -> bytes:
    """One that says what it is; or that says it in so many packed bytes, and that these are few."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as made:
        made.writestr("mimetype", b" " * packed or "application/vnd.oasis.opendocument.text")
        made.writestr("content.xml", "<x/>")
    content = bytearray(file.getvalue())
    if packed:
        entry = content.index(b"PK\x01\x02")
        content[entry + 24 : entry + 28] = struct.pack("<I", 50)
    return bytes(content)


def crowded(parts: int) -> bytes:
    """An archive whose directory names so many parts, all of them the same one."""
    part = b"PK\x03\x04" + bytes(22) + struct.pack("<HH", 1, 0) + b"a"
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<HHHHHII", 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = struct.pack("<HHHHIIH", 0, 0, parts % 65536, parts % 65536, len(entry) * parts, len(part), 0)
    return part + entry * parts + b"PK\x05\x06" + end


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("run.txt", "me")
    return file.getvalue()


def on_disk(clinic: Any) -> list[Path]:
    """What lies in the clinic's folder of documents."""
    folder = Path(settings.HPMS_DOCUMENTS) / str(clinic.id)
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []


@pytest.fixture
def shelf(settings: Any, tmp_path: Path) -> Path:
    """A folder of its own for the documents of a test (server processes keep theirs in the run's folder)."""
    settings.HPMS_DOCUMENTS = str(tmp_path)
    kept = {**settings.STORAGES["documents"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "documents": kept}
    return tmp_path
