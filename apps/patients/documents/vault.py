"""Where the files lie: sealed, each under a random name in its clinic's folder, on a disk or at an S3 server.

A file is written before its row: a row that is committed has its file. A file whose row was rolled back is found and
removed by `tidying`.
"""

import base64
import hashlib
import hmac
import logging
import secrets
import tempfile
import uuid
from typing import IO

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.utils.translation import gettext_lazy as _

from apps.core.connection import here
from apps.core.encryption import SealBroken, keyring
from apps.core.refusals import Conflict
from apps.core.sealed_files import FileSeal, OpenedFile, new_key, seal_into
from apps.patients.models import DocumentVersion

PIECE = 256 * 1024
IN_MEMORY = 2 * 1024 * 1024  # of sealed bytes; beyond that they wait in the temporary folder

log = logging.getLogger(__name__)


class FileDamaged(Conflict):
    code = "file_damaged"
    message = _("The stored file is damaged or missing, so it is not shown. Tell whoever looks after the system.")


def new_name() -> str:
    return secrets.token_hex(16)


def checksum(file: IO[bytes]) -> str:
    """The SHA-256 of a file, in hexadecimal figures."""
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(PIECE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def keyed(purpose: str, text: str) -> bytes:
    """An HMAC under the clinic's index key: equal texts are recognised, nothing can be tried out without the key."""
    return hmac.new(keyring().index_key(), f"hpms.documents.{purpose}|{text}".encode(), hashlib.sha256).digest()


def keep(file: IO[bytes], *, version: uuid.UUID, name: str) -> str:
    """Seal a file for a version and put it into the clinic's folder. Answers its key, for the version's row."""
    key = new_key()
    seal = FileSeal(key, clinic=here().clinic, owner=version)
    file.seek(0)
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as sealed:
        seal_into(sealed, iter(lambda: file.read(PIECE), b""), seal)
        sealed.seek(0)
        _storage().save(_place(name), File(sealed, name=name))
    return base64.b64encode(key).decode()


def opened(version: DocumentVersion) -> OpenedFile:
    """The file of a version, whole and unchanged: it is checked before its first byte is given out. Close it.

    Raises FileDamaged.
    """
    seal = FileSeal(base64.b64decode(version.wrapped), clinic=here().clinic, owner=version.pk)
    try:
        file = OpenedFile(_storage().open(_place(version.storage_name)), seal)
        file.verify()
        if file.size != version.size:
            raise SealBroken("A sealed file has another size than its row.")
    except (SealBroken, OSError) as problem:
        log.error("The file of document version %s does not open: %s.", version.pk, type(problem).__name__)
        raise FileDamaged from problem
    return file


def discard(name: str) -> None:
    """Remove a file that no row names."""
    _storage().delete(_place(name))


def stored_names() -> list[str]:
    """What lies in the clinic's folder."""
    try:
        return list(_storage().listdir(here().clinic)[1])
    except FileNotFoundError:
        return []


def age_of(name: str) -> float:
    """The moment (seconds since 1970) when a stored file was last written."""
    return _storage().get_modified_time(_place(name)).timestamp()


def _place(name: str) -> str:
    return f"{here().clinic}/{name}"


def _storage() -> Storage:
    return storages["documents"]
