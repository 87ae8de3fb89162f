"""Virus scans, against a real server that speaks clamd's protocol."""

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from apps.core import clock
from apps.outbox import delivery
from apps.outbox.models import Message
from apps.patients.documents import clamd, filing, scanning, sharing
from apps.patients.models import DocumentVersion, Patient
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory
from tests.patients.papers import pdf, shelf, upload

__all__ = ["shelf"]
pytestmark = pytest.mark.usefixtures("shelf")
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
# The test file of all virus scanners, written so that this source is not taken for one.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!" + b"$H+H*"


class Clamd(socketserver.StreamRequestHandler):
    """INSTREAM as clamd does it: chunks with their length before them, a length of nothing at the end."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack(">I", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
        self.server.seen.append(len(content))  # type: ignore[attr-defined]
        if b"BROKEN" in content:
            self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
        elif EICAR in content:
            self.wfile.write(b"stream: Eicar-Signature FOUND\0")
        else:
            self.wfile.write(b"stream: OK\0")


class Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


class Unix(socketserver.ThreadingUnixStreamServer):
    pass


@pytest.fixture(params=["tcp", "unix"])
def scanner(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[Any]:
    server: Any = Tcp(("127.0.0.1", 0), Clamd) if request.param == "tcp" else Unix(str(tmp_path / "clamd.sock"), Clamd)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    where = f"127.0.0.1:{server.server_address[1]}" if request.param == "tcp" else str(tmp_path / "clamd.sock")
    settings.HPMS_VIRUS_SCANNER = f"{request.param}://{where}"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def asha(riverside: ClinicUnderTest, cast: Cast) -> Patient:
    with riverside.inside(by=cast.ada):
        return PatientFactory(by=cast.ada)


def file(patient: Patient, cast: Cast, content: bytes = b"") -> DocumentVersion:
    return filing.file_document(patient, upload=upload(content), by=cast.sara, at=AT).versions.get()


def work(kind: str = scanning.KIND, *, later: timedelta = timedelta()) -> None:
    """What the worker does."""
    at = clock.now() + later
    for message in delivery.due(at=at):
        if message.kind == kind:
            delivery.deliver(message.pk, at=at)


def test_a_clean_file_is_said_to_be_clean(riverside: ClinicUnderTest, cast: Cast, asha: Patient, scanner: Any) -> None:
    with riverside.inside(by=cast.sara):
        version = file(asha, cast, pdf(pages=4000))
        assert (version.scan, version.may_be_opened) == ("pending", False)
        with pytest.raises(scanning.NotScannedYet):
            scanning.refuse_unsafe(version)
        work()
        version.refresh_from_db()
        assert (version.scan, version.may_be_opened) == ("clean", True)
        assert scanner.seen == [version.size]


def test_an_infected_file_is_kept_apart_and_its_uploader_told(
    riverside: ClinicUnderTest, cast: Cast, asha: Patient, scanner: Any, web: Any
) -> None:
    with riverside.inside(by=cast.sara):
        version = file(asha, cast, pdf(EICAR))
        work()
        version.refresh_from_db()
        assert (version.scan, version.scan_found, version.may_be_opened) == ("infected", "Eicar-Signature", False)
        letter = Message.objects.filter(kind="email").latest("created_at").payload
        assert "sara@riverside.example" in letter
        assert f"/documents/{version.document_id}/" in letter
        assert "Asha" not in letter
        with pytest.raises(scanning.Infected):
            sharing.share(version, recipient="Dr Mehta", days=1, by=cast.sara, at=AT)
    sara = web(riverside, cast.sara)
    refused = sara.get(reverse("patients:document_file", "hpms.urls", args=[version.document_id, 1]))
    assert (refused.status_code, "virus" in refused.content.decode()) == (409, True)
    assert sara.get(reverse("patients:document_preview", "hpms.urls", args=[version.document_id, 1])).status_code == 409
    page = sara.get(reverse("patients:document", "hpms.urls", args=[version.document_id])).content.decode()
    assert "Eicar-Signature" in page
    assert "/file/" not in page


def test_while_the_scanner_is_away_files_wait_and_are_scanned_later(
    riverside: ClinicUnderTest, cast: Cast, asha: Patient, scanner: Any, settings: Any
) -> None:
    here = settings.HPMS_VIRUS_SCANNER
    with socket.socket() as probe:  # a port where nobody listens
        probe.bind(("127.0.0.1", 0))
        settings.HPMS_VIRUS_SCANNER = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    with riverside.inside(by=cast.sara):
        version = file(asha, cast)
        work()
        version.refresh_from_db()
        assert version.scan == "pending"
        message = Message.objects.get(kind=scanning.KIND)
        assert (message.attempts, message.last_error, message.done_at) == (1, "ScannerAway", None)
        settings.HPMS_OPEN_UNSCANNED = True
        assert version.may_be_opened
        settings.HPMS_VIRUS_SCANNER = here
        work(later=timedelta(minutes=2))
        version.refresh_from_db()
        assert version.scan == "clean"


def test_what_the_scanner_could_not_judge_is_not_called_clean(
    riverside: ClinicUnderTest, cast: Cast, asha: Patient, scanner: Any
) -> None:
    with riverside.inside(by=cast.sara):
        version = file(asha, cast, pdf(b"BROKEN"))
        with pytest.raises(clamd.ScannerAway):
            scanning.scan(version.pk, at=AT)
        version.refresh_from_db()
        assert version.scan == "pending"


def test_a_scan_that_was_given_up_is_asked_for_again(
    riverside: ClinicUnderTest, cast: Cast, asha: Patient, scanner: Any
) -> None:
    with riverside.inside(by=cast.sara):
        file(asha, cast)
        Message.objects.filter(kind=scanning.KIND).update(given_up_at=AT)
        assert scanning.ask_again(at=AT + timedelta(days=1)) == 0
        assert scanning.ask_again(at=AT + timedelta(days=4)) == 1
        work()
        assert DocumentVersion.objects.get().scan == "clean"


def test_without_a_scanner_files_are_shown_as_not_scanned(
    riverside: ClinicUnderTest, cast: Cast, asha: Patient
) -> None:
    with riverside.inside(by=cast.sara):
        version = file(asha, cast)
        assert (version.scan, version.may_be_opened) == ("unscanned", True)
        assert not Message.objects.filter(kind=scanning.KIND).exists()
