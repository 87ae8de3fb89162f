"""What kind of file it is, told by its content: neither its name nor what the browser says counts.

A file that reads as two kinds at once (a picture with an archive behind it, a PDF behind a script) is refused: one
program would show the harmless half and another run the other.
"""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from charset_normalizer import from_bytes
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.refusals import Refusal
from apps.patients.models.document import LONGEST_FILE_NAME

HEAD, TAIL = 4096, 66_000
TEXT_MOST = 2 * 1024 * 1024
LARGEST_DIRECTORY = 512 * 1024  # of an archive: thousands of parts; nobody's letter has so many
SAMPLE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that the clinic keeps. `preview`: how a browser may show it, if at all."""

    media_type: str
    words: str | Promise
    suffixes: tuple[str, ...]
    preview: str = ""  # "image", "pdf" or "text"


PDF = Kind("application/pdf", "PDF", (".pdf",), "pdf")
PNG = Kind("image/png", _("Picture (PNG)"), (".png",), "image")
JPEG = Kind("image/jpeg", _("Picture (JPEG)"), (".jpg", ".jpeg", ".jpe", ".jfif"), "image")
WEBP = Kind("image/webp", _("Picture (WebP)"), (".webp",), "image")
TIFF = Kind("image/tiff", _("Picture (TIFF)"), (".tif", ".tiff"))
HEIC = Kind("image/heic", _("Picture (HEIC)"), (".heic", ".heif"))
DICOM = Kind("application/dicom", "DICOM", (".dcm", ".dicom", ".ima"))
TEXT = Kind("text/plain", _("Text"), (".txt", ".text", ".log", ".csv", ".hl7", ".md"), "text")
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = Kind(f"{_OFFICE}wordprocessingml.document", "Word", (".docx",))
XLSX = Kind(f"{_OFFICE}spreadsheetml.sheet", "Excel", (".xlsx",))
ODT = Kind("application/vnd.oasis.opendocument.text", "OpenDocument", (".odt",))
KINDS = {kind.media_type: kind for kind in (PDF, PNG, JPEG, WEBP, TIFF, HEIC, DICOM, TEXT, DOCX, XLSX, ODT)}
ACCEPT = ",".join(suffix for kind in KINDS.values() for suffix in kind.suffixes)

# What a tired person might double-click, wherever it stands in a name: "report.exe.pdf", "scan.pdf.scr".
_PROGRAMS = "exe|scr|pif|bat|cmd|ps1|vbs|vbe|js|jse|mjs|wsf|wsh|hta|msi|msp|jar|lnk|cpl|dll|php|dmg|apk"
PROGRAM = re.compile(rf"\.({_PROGRAMS})(?=\.|$)", re.IGNORECASE)
RUNS = re.compile(rf"\.({_PROGRAMS}|html?|xhtml|svg|docm|xlsm|pptm)(?=\.|$)", re.IGNORECASE)
MARKUP = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|object|embed|\?xml|\?php)|^\s*#!", re.IGNORECASE)


class BadFile(Refusal):
    """The file cannot be kept; the words say why."""

    code = "bad_file"
    field = "file"


class WrongKind(BadFile):
    code = "wrong_kind_of_file"
    message = _(
        "This kind of file is not kept here. Use PDF, a picture (JPEG, PNG, WebP, TIFF, HEIC), text, DICOM or a Word,"
        " Excel or OpenDocument file."
    )


def tidy_name(name: str) -> str:
    """The name without folders, control signs and signs that turn the direction of writing ("fdp.exe" for "exe.pdf").

    Raises BadFile if it is too long.
    """
    plain = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    plain = " ".join(
        "".join(sign for sign in plain if unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co"}).split()
    )
    if len(plain) > LONGEST_FILE_NAME:
        raise BadFile(_("The file's name is too long: give it one of 200 letters or less."), code="name_too_long")
    return plain.strip(" .") or "document"


def kind_of(file: IO[bytes], name: str) -> Kind:
    """The kind of a file, by its content. `name` is a tidy name, which must fit.

    Raises WrongKind, BadFile.
    """
    head, tail = _ends(file)
    kind = _recognised(file, head, tail)
    if kind is None:
        raise WrongKind
    _refuse_two_faces(kind, head, tail)
    suffix = PurePosixPath(name).suffix.lower()
    if RUNS.search(name):
        raise BadFile(
            _("The file's name says that it is a program. If it is a document, give it a plain name."), code="bad_name"
        )
    if suffix and suffix not in kind.suffixes and any(suffix in other.suffixes for other in KINDS.values()):
        raise BadFile(
            _("The file's name ends in “%(suffix)s”, but its content is something else (%(kind)s).")
            % {"suffix": suffix, "kind": kind.words},
            code="name_does_not_fit",
        )
    return kind


def named_for(kind: Kind, name: str) -> str:
    """The name with an ending that fits the content."""
    if PurePosixPath(name).suffix.lower() in kind.suffixes:
        return name
    return f"{name[: LONGEST_FILE_NAME - 6]}{kind.suffixes[0]}"


def _ends(file: IO[bytes]) -> tuple[bytes, bytes]:
    file.seek(0)
    head = file.read(HEAD)
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - TAIL))
    tail = file.read(TAIL)
    file.seek(0)
    return head, tail


def _recognised(file: IO[bytes], head: bytes, tail: bytes) -> Kind | None:
    if head.startswith(b"%PDF-"):
        return PDF if b"%%EOF" in tail[-4096:] else _broken(_("This PDF is incomplete. Save or scan it again."))
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return (
            PNG
            if tail.endswith(b"IEND\xaeB`\x82")
            else _broken(_("This picture is incomplete, or something hangs on it."))
        )
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG if b"\xff\xd9" in tail else _broken(_("This picture is incomplete."))
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        length = int.from_bytes(head[4:8], "little") + 8
        size = file.seek(0, io.SEEK_END)
        return (
            WEBP if length in (size, size - 1) else _broken(_("This picture is incomplete, or something hangs on it."))
        )
    if head[:4] in (b"II*\0", b"MM\0*"):
        return TIFF
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"):
        return HEIC
    if head[128:132] == b"DICM":
        return DICOM
    if head.startswith(b"PK\x03\x04"):
        return _office(file)
    return TEXT if _is_text(file) else None


def _broken(words: object) -> Kind:
    raise BadFile(words, code="file_incomplete")  # type: ignore[arg-type]


class _Frugal(io.BufferedIOBase):
    """An archive's file, of which little is read at once: its directory is read whole, however long it says it is."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def read(self, size: int | None = -1, /) -> bytes:
        data = self.file.read(LARGEST_DIRECTORY + 1 if size is None or size < 0 else min(size, LARGEST_DIRECTORY + 1))
        if len(data) > LARGEST_DIRECTORY:
            raise zipfile.BadZipFile("too much at once")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def seekable(self) -> bool:
        return True


def _office(file: IO[bytes]) -> Kind | None:
    """A document in an archive; one that carries macros or programs is none."""
    try:
        with zipfile.ZipFile(_Frugal(file)) as archive:
            names = set(archive.namelist())
            odt = "mimetype" in names and _type_within(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        return None
    if any("vbaproject" in name.lower() or PROGRAM.search(name) for name in names):
        raise WrongKind(_("This document carries macros or programs. Save it as PDF and bring that."))
    if "[Content_Types].xml" in names:
        return DOCX if "word/document.xml" in names else XLSX if "xl/workbook.xml" in names else None
    return ODT if odt and odt.strip() == ODT.media_type.encode() else None


def _type_within(archive: zipfile.ZipFile) -> bytes:
    """What an OpenDocument file says it is. It stands there as it is: what is packed may unpack to any size, whatever
    size it says.
    """
    said = archive.getinfo("mimetype")
    is_plain = said.compress_type == zipfile.ZIP_STORED and max(said.file_size, said.compress_size) < 100
    return archive.read(said) if is_plain else b""


def _is_text(file: IO[bytes]) -> bool:
    file.seek(0)
    content = file.read(TEXT_MOST + 1)
    if len(content) > TEXT_MOST or (b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff"))):
        return False
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = from_bytes(content[:SAMPLE]).best()
        if best is None or best.chaos > 0.2:
            return False
        text = str(best)
    odd = sum(unicodedata.category(sign) == "Cc" and sign not in "\t\r\n\f\x1c\x0b" for sign in text[:100_000])
    return odd == 0 and not MARKUP.search(text[:HEAD].encode())


def _refuse_two_faces(kind: Kind, head: bytes, tail: bytes) -> None:
    is_archive = kind in (DOCX, XLSX, ODT)
    second_archive = not is_archive and b"PK\x05\x06" in tail and zipfile.is_zipfile(io.BytesIO(tail))
    second_pdf = kind is not PDF and kind is not TEXT and b"%PDF-" in head[:1024]
    script = kind.preview != "text" and not is_archive and bool(MARKUP.search(head[:1024]))
    if second_archive or second_pdf or script:
        raise WrongKind(_("This file pretends to be two kinds at once, which documents never are. It is not kept."))
