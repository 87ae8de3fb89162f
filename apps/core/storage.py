"""Where files are kept on this machine: what was acknowledged is on the disk, whole or not at all."""

import os
import secrets
from pathlib import Path
from typing import IO

from django.core.files.storage import FileSystemStorage


class DurableFolder(FileSystemStorage):
    """A folder whose files are written beside their place, flushed to the disk, and only then put there.

    A process that is killed leaves a `.part` at most, which the clean-up removes, and a power cut no half a file.
    """

    def _save(self, name: str, content: IO[bytes]) -> str:
        place = Path(self.path(name))
        self._make_folder(place.parent)
        part = place.with_name(f"{place.name}.{secrets.token_hex(4)}.part")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                content.seek(0)
                while piece := content.read(1024 * 1024):
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
        _flush(place.parent)
        return name

    def _make_folder(self, folder: Path) -> None:
        missing: list[Path] = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for one in reversed(missing):
            one.mkdir(mode=0o700, exist_ok=True)
            _flush(one.parent)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
