"""Uploads on their way in. Django would write a large one to the disk as it is; ours is sealed while it arrives.

The key is made for the one upload, lives in memory and dies with the request: what is left behind by a killed
process cannot be read by anybody.
"""

import io
import tempfile
import uuid
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from apps.core.sealed_files import FileSeal, OpenedFile, SealingWriter, new_key


class SealedUpload(UploadedFile):  # type: ignore[type-arg]  # not subscriptable when it runs
    """An uploaded file whose bytes on the disk are sealed. Read it like any other; it has no path to be opened by."""


class SealedUploadHandler(FileUploadHandler):
    """Takes what is too large for memory. Refuses a request that no form of the house could need, before reading it;
    those for strangers need no files.
    """

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, Any],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        known = getattr(getattr(self.request, "user", None), "is_authenticated", False)
        most = settings.HPMS_LARGEST_REQUEST if known else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if content_length > most:
            raise RequestDataTooBig("The request is larger than any upload may be.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the upload
        self.seal = FileSeal(new_key(), clinic=str(uuid.UUID(int=0)), owner=uuid.uuid4())
        self.writer = SealingWriter(self.spool, self.seal)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.writer.write(raw_data)

    def file_complete(self, file_size: int) -> SealedUpload:
        self.writer.finish()
        opened = io.BufferedReader(OpenedFile(self.spool, self.seal))
        return SealedUpload(opened, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra)

    def upload_interrupted(self) -> None:
        if hasattr(self, "spool"):
            self.spool.close()
