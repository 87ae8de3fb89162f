"""kill -9 in the middle: of an import, each row comes once; of an upload, no half document stays."""

import http.client
import os
import select
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from apps.outbox import tasks
from apps.patients.documents import tidying, vault
from apps.patients.files import importing, steps
from apps.patients.models import Document, DocumentVersion, ImportLine, Patient, PatientImport
from tests.cast import Cast
from tests.house import ROOT, pointing_at, start_house
from tests.outbox.post_office import post_office
from tests.outbox.test_broker import run, running_broker, running_worker, wait_for
from tests.patients import papers
from tests.patients.factories import PatientFactory
from tests.patients.papers import shelf

__all__ = ["run", "shelf"]
ROWS = 1000


def test_a_worker_killed_in_mid_import_imports_each_row_once(
    throw_away: str, riverside: Any, cast: Cast, run: Path
) -> None:
    names = [f"Given{number:04d}" for number in range(ROWS)]
    data = "First name;Last name;Remarks\n" + "".join(f"{name};Kumar{name};row\n" for name in names)
    with riverside.inside(by=cast.ada):
        at = timezone.now()
        file = importing.upload(data.encode(), file_name="old.csv", by=cast.ada, at=at)
        file = importing.check(file, mapping=file.mapping, date_order="dmy", on_duplicate="create", at=at)
        while file.state == "checking":
            file = steps.step(file, at=at)
        importing.confirm(file, by=cast.ada, at=at)

    def reached() -> int:
        with riverside.inside():
            return PatientImport.objects.get(pk=file.pk).reached

    with post_office() as office, running_broker(run):
        with running_worker(run, office.port) as worker:
            tasks.sweep_every_clinic()
            assert wait_for(lambda: reached() >= 200)
            worker.send_signal(signal.SIGKILL)
            worker.wait(20)
        assert reached() < ROWS, "it was killed in the middle"
        with riverside.inside():
            assert Patient.objects.count() == ImportLine.objects.filter(outcome="created").count() == reached_now(file)
        with running_worker(run, office.port):
            tasks.sweep_every_clinic()
            assert wait_for(lambda: reached() == ROWS)
    with riverside.inside():
        assert PatientImport.objects.get(pk=file.pk).state == "done"
        assert Counter(one.given_name for one in Patient.objects.all()) == Counter(names)
        assert ImportLine.objects.filter(outcome="created").values("patient").distinct().count() == ROWS


def reached_now(file: PatientImport) -> int:
    return PatientImport.objects.get(pk=file.pk).reached


FILING = """
import sys, django
django.setup()
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from apps.accounts.models import User
from apps.core.connection import connection
from apps.patients.documents import filing
from apps.patients.models import Patient
schema, clinic, user, patient = sys.argv[1:]
with connection.inside(schema, clinic=clinic, actor="test"):
    by = User.objects.get(pk=user)
    upload = SimpleUploadedFile("report.pdf", sys.stdin.buffer.read())
    filing.file_document(Patient.objects.get(pk=patient), upload=upload, by=by, at=timezone.now())
    print("filed", flush=True)
    import time; time.sleep(60)
"""


def test_a_process_killed_before_its_document_is_committed_leaves_what_tidying_removes(
    throw_away: str, riverside: Any, cast: Cast, shelf: Path
) -> None:
    with riverside.inside(by=cast.ada):
        asha = PatientFactory(by=cast.ada)
    words = [sys.executable, "-c", FILING, riverside.schema, str(riverside.id), str(cast.ada.pk), str(asha.pk)]
    filing = subprocess.Popen(
        words, cwd=ROOT, env=environment(throw_away, shelf), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert filing.stdin is not None and filing.stdout is not None
    filing.stdin.write(papers.pdf())
    filing.stdin.close()
    assert filing.stdout.readline() == b"filed\n"
    filing.send_signal(signal.SIGKILL)
    filing.wait(20)
    filing.stdout.close()
    with riverside.inside():
        assert not Document.objects.exists() and not DocumentVersion.objects.exists()
        [orphan] = vault.stored_names()
        assert papers.SECRET not in b"".join(one.read_bytes() for one in shelf.rglob("*") if one.is_file())
        assert tidying.tidy(at=timezone.now()).removed == 0, "its row might be about to be committed"
        done = tidying.tidy(at=timezone.now() + tidying.GRACE + timedelta(minutes=1))
        assert (done.removed, done.missing) == (1, [])
        assert orphan not in vault.stored_names()


def test_a_server_killed_during_an_upload_keeps_no_half_document(
    throw_away: str, riverside: Any, cast: Cast, shelf: Path, web: Any
) -> None:
    with riverside.inside(by=cast.sara):
        asha = PatientFactory(by=cast.ada)
    client = web(riverside, cast.sara)
    client.get(f"/patients/{asha.pk}/")  # for the token of its forms
    field = "--paper\r\nContent-Disposition: form-data; name="
    head = f'{field}"category"\r\n\r\nother\r\n{field}"file"; filename="report.pdf"\r\n\r\n'.encode()
    paper, tail = papers.pdf(pages=20_000), b"\r\n--paper--\r\n"
    running = start_house(throw_away, HPMS_DOCUMENTS=str(shelf))

    def upload(body: bytes) -> http.client.HTTPConnection:
        line = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
        line.putrequest("POST", f"/patients/{asha.pk}/documents/", skip_host=True)
        line.putheader("Host", riverside.host)
        line.putheader("Cookie", "; ".join(f"{one.key}={one.value}" for one in client.cookies.values()))
        line.putheader("X-CSRFToken", client.cookies["hpms_csrf"].value)
        line.putheader("Content-Type", "multipart/form-data; boundary=paper")
        line.putheader("Content-Length", str(len(head + paper + tail)))
        line.endheaders()
        line.send(body)
        return line

    try:
        line = upload(head + paper + tail)
        assert line.getresponse().status == 302
        line.close()
        line = upload(head + paper[:-1])
        assert not select.select([line.sock], [], [], 2)[0], "it waits for the rest"
        workers = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
        for worker in workers:
            os.kill(int(worker), signal.SIGKILL)
        with pytest.raises(OSError):
            line.getresponse()
        line.close()
        with riverside.inside():
            version = DocumentVersion.objects.get()
            assert version.document == Document.objects.get() and len(vault.stored_names()) == 1
    finally:
        running.process.terminate()
        running.process.wait(30)


def environment(database: str, shelf: Path) -> dict[str, str]:
    env = {name: text for name, text in os.environ.items() if name != "HPMS_OWNER_DATABASE_URL"}
    env |= {"HPMS_DATABASE_URL": pointing_at(os.environ["HPMS_DATABASE_URL"], database)}
    assert connections["default"].settings_dict["NAME"] == database
    return env | {"HPMS_DOCUMENTS": str(shelf), "DJANGO_SETTINGS_MODULE": "hpms.settings"}
