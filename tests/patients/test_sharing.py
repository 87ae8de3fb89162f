"""Links for people outside: what they open, when they stop, and that nothing tells one refusal from another."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from apps.core import clock
from apps.patients.documents import filing, sharing
from apps.patients.models import Document, DocumentShare, Patient, ShareOpening
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients import papers
from tests.patients.factories import PatientFactory
from tests.patients.papers import shelf, upload

__all__ = ["shelf"]
pytestmark = pytest.mark.usefixtures("shelf")
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SHARED, FILE = "/shared/", "/shared/file/"


@pytest.fixture
def report(riverside: ClinicUnderTest, cast: Cast) -> Document:
    with riverside.inside(by=cast.sara):
        asha: Patient = PatientFactory(by=cast.ada)
        return filing.file_document(asha, upload=upload(), title="Blood sugar", by=cast.sara, at=AT)


def give(clinic: ClinicUnderTest, cast: Cast, document: Document, **more: Any) -> sharing.Given:
    with clinic.inside(by=cast.sara):
        more = {"recipient": "Dr Mehta, City Hospital", "days": 7, "at": clock.now(), **more}
        return sharing.share(document.versions.get(), by=cast.sara, **more)


def stranger(clinic: ClinicUnderTest) -> Client:
    return Client(headers={"host": clinic.host}, REMOTE_ADDR="203.0.113.7")


def outcomes(clinic: ClinicUnderTest) -> list[str]:
    with clinic.inside():
        return list(ShareOpening.objects.order_by("at").values_list("outcome", flat=True))


def test_somebody_outside_fetches_the_document_and_staff_see_it(
    riverside: ClinicUnderTest, cast: Cast, web: Any, report: Document
) -> None:
    given = give(riverside, cast, report)
    mehta = stranger(riverside)
    assert "Blood sugar" not in mehta.get(SHARED).content.decode()
    keys = {"code": given.token, "pin": given.pin}
    assert "Blood sugar" in mehta.post(SHARED, keys).content.decode()
    file = mehta.post(FILE, keys)
    assert b"".join(file.streaming_content) == papers.pdf()
    assert file["Content-Disposition"].startswith("attachment")
    assert outcomes(riverside) == ["shown", "downloaded"]
    page = web(riverside, cast.sara).get(reverse("patients:document", "hpms.urls", args=[report.pk])).content.decode()
    assert "Dr Mehta, City Hospital" in page
    assert "203.0.113.7" in page
    assert "1 of 5 downloads" in page


def test_the_whole_address_may_be_pasted_as_the_code(riverside: ClinicUnderTest, cast: Cast, report: Document) -> None:
    given = give(riverside, cast, report, with_pin=False)
    for host in ("riverside.localhost", "riverside-women-and-children.practices.hospital-group.example.org"):
        answer = stranger(riverside).post(SHARED, {"code": f"https://{host}/shared/#{given.token}"})
        assert "Blood sugar" in answer.content.decode()


def test_link_and_pin_are_told_once_and_the_token_is_in_no_address(
    riverside: ClinicUnderTest, cast: Cast, web: Any, report: Document
) -> None:
    sara = web(riverside, cast.sara)
    form = {"recipient": "Dr Mehta", "days": "7", "most_downloads": "3", "with_pin": "on"}
    page = sara.post(reverse("patients:document_shares", "hpms.urls", args=[report.pk]), form).content.decode()
    assert "/shared/#" in page
    again = sara.get(reverse("patients:document", "hpms.urls", args=[report.pk])).content.decode()
    assert "/shared/#" not in again
    with riverside.inside(), connection.cursor() as cursor:
        token = page.split("/shared/#")[1].split('"')[0]
        cursor.execute("SELECT row_to_json(s)::text FROM patients_documentshare s")
        rows = cursor.fetchone()[0]
        cursor.execute("SELECT row_to_json(e)::text FROM audit_event e")
        rows += " ".join(row for (row,) in cursor.fetchall())
    assert token not in rows
    assert token.encode().hex() not in rows


def revoked(given: sharing.Given, cast: Cast) -> None:
    sharing.revoke(given.share, by=cast.sara, at=clock.now())


def in_error(given: sharing.Given, cast: Cast) -> None:
    filing.enter_in_error(given.share.version.document, reason="Wrong", by=cast.sara, at=clock.now())


def used_up(given: sharing.Given, cast: Cast) -> None:
    DocumentShare.objects.update(downloads=5)


def nothing(given: sharing.Given, cast: Cast) -> None:
    pass


@pytest.mark.parametrize(
    ("ends", "change"),
    [
        (revoked, {}),
        (in_error, {}),
        (used_up, {}),
        (nothing, {"code": "x" * 43}),
        (nothing, {"code": ""}),
        (nothing, {"code": "x" * 2000}),
        (nothing, {"pin": "12"}),
        (nothing, {"pin": ""}),
    ],
    ids=["revoked", "in error", "used up", "wrong", "none", "long", "wrong PIN", "no PIN"],
)
def test_every_refusal_looks_the_same(
    ends: Any, change: dict[str, str], riverside: ClinicUnderTest, cast: Cast, report: Document
) -> None:
    given = give(riverside, cast, report)
    with riverside.inside(by=cast.sara):
        ends(given, cast)
    keys = {"code": given.token, "pin": given.pin, **change}
    for address in (SHARED, FILE):
        answer = stranger(riverside).post(address, keys)
        page = answer.content.decode()
        assert answer.status_code == 404
        assert str(sharing.LinkOver.message) in page
        assert "Blood" not in page
        assert "Mehta" not in page


def test_a_link_ends_by_itself(riverside: ClinicUnderTest, cast: Cast, report: Document) -> None:
    given = give(riverside, cast, report, at=AT, days=1)
    with riverside.inside(by=cast.sara):
        sharing.look(given.token, given.pin, ip="", at=AT + timedelta(hours=23, minutes=59))
        with pytest.raises(sharing.LinkOver):
            sharing.look(given.token, given.pin, ip="", at=AT + timedelta(days=1))
    assert outcomes(riverside) == ["shown", "over"]


def test_five_wrong_pins_close_the_link_for_the_right_one_too(
    riverside: ClinicUnderTest, cast: Cast, report: Document
) -> None:
    given = give(riverside, cast, report)
    for guess in range(5):
        wrong = f"{(int(given.pin) + 1 + guess) % 10**6:06d}"
        assert stranger(riverside).post(SHARED, {"code": given.token, "pin": wrong}).status_code == 404
    assert stranger(riverside).post(SHARED, {"code": given.token, "pin": given.pin}).status_code == 404
    assert outcomes(riverside) == ["wrong_pin"] * 5 + ["over"]


def test_who_tries_many_codes_is_slowed_down(riverside: ClinicUnderTest, cast: Cast) -> None:
    mallory = stranger(riverside)
    answers = [mallory.post(SHARED, {"code": f"guess{n}"}).status_code for n in range(22)]
    assert answers == [404] * 20 + [429] * 2


def test_another_clinics_link_opens_nothing_here(
    riverside: ClinicUnderTest, lakeside: ClinicUnderTest, cast: Cast, web: Any, report: Document
) -> None:
    given = give(riverside, cast, report)
    keys = {"code": given.token, "pin": given.pin}
    assert stranger(lakeside).post(SHARED, keys).status_code == 404
    lena = web(lakeside, cast.lena)
    assert lena.post(reverse("patients:share_revocation", "hpms.urls", args=[given.share.pk])).status_code == 404
    assert stranger(riverside).post(SHARED, keys).status_code == 200


def test_downloads_are_counted_and_run_out(riverside: ClinicUnderTest, cast: Cast, report: Document) -> None:
    given = give(riverside, cast, report, most_downloads=2)
    keys = {"code": given.token, "pin": given.pin}
    assert [stranger(riverside).post(FILE, keys).status_code for _ in range(3)] == [200, 200, 404]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"recipient": " "}, "recipient"),
        ({"days": 0}, "days"),
        ({"days": 91}, "days"),
        ({"most_downloads": 0}, "most_downloads"),
    ],
)
def test_nonsense_is_refused(
    wrong: dict[str, Any], field: str, riverside: ClinicUnderTest, cast: Cast, report: Document
) -> None:
    with pytest.raises(sharing.BadShare) as refusal:
        give(riverside, cast, report, **wrong)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE patients_documentshare SET expires_at = expires_at + interval '1 year'",
        "UPDATE patients_documentshare SET wrong_pins = 0",
        "UPDATE patients_documentshare SET revoked_at = NULL, revoked_by_id = NULL",
        "UPDATE patients_documentshare SET most_downloads = 50",
        "UPDATE patients_documentshare SET pin_hash = ''",
        "DELETE FROM patients_documentshare",
        "DELETE FROM patients_shareopening",
        "UPDATE patients_shareopening SET outcome = 'shown'",
    ],
)
def test_raw_sql_cannot_open_a_closed_link(
    attack: str, riverside: ClinicUnderTest, cast: Cast, report: Document
) -> None:
    given = give(riverside, cast, report)
    with riverside.inside(by=cast.sara):
        DocumentShare.objects.update(wrong_pins=3)
        sharing.revoke(given.share, by=cast.sara, at=clock.now())
        with pytest.raises(sharing.LinkOver):
            sharing.look(given.token, given.pin, ip="", at=clock.now())
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)
