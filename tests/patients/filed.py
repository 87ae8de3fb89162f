"""Documents of Asha, filed by Sara or whoever comes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from apps.patients.documents import filing, vault
from apps.patients.models import Document, DocumentVersion, Patient
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory
from tests.patients.papers import upload

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def inside(riverside: ClinicUnderTest, cast: Cast) -> Any:
    with riverside.inside(by=cast.sara):
        yield


@pytest.fixture
def asha(inside: None, cast: Cast) -> Patient:
    return PatientFactory(by=cast.ada)


def file(patient: Patient, by: Any, content: bytes = b"", name: str = "report.pdf", **more: Any) -> Document:
    return filing.file_document(patient, upload=upload(content, name), by=by, at=AT, **more)


def content_of(version: DocumentVersion) -> bytes:
    with vault.opened(version) as opened:
        return b"".join(opened.chunks())
