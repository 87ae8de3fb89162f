"""ID cards: one valid at a time, exactly as large as a card printer wants it, nothing but the number in the codes."""

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from apps.core.typesetting import qr_code
from apps.patients.cards import issuing, printing
from apps.patients.models import IdCard, Patient
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CR80 = (85.6, 54.0)  # mm, ISO/IEC 7810 ID-1 as card printers name it


@pytest.fixture
def asha(riverside: ClinicUnderTest, cast: Cast) -> Patient:
    with riverside.inside(by=cast.ada):
        return PatientFactory(by=cast.ada, blood_group="A+")


def pages(pdf: bytes) -> list[tuple[float, float]]:
    """The size of each page in millimetres."""
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    return [(round(float(width) * 25.4 / 72, 1), round(float(height) * 25.4 / 72, 1)) for width, height in boxes]


def words_of(pdf: bytes, tmp_path: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine: apt-get install poppler-utils")
    (tmp_path / "card.pdf").write_bytes(pdf)
    return subprocess.run(["pdftotext", "-q", tmp_path / "card.pdf", "-"], capture_output=True, text=True).stdout


def test_a_first_card_needs_no_reason_and_another_one_does(
    riverside: ClinicUnderTest, cast: Cast, asha: Patient
) -> None:
    with riverside.inside(by=cast.sara):
        first = issuing.issue(asha, by=cast.sara, at=AT)
        assert (first.serial, first.reason) == ("CRD-2026-00001", "first")
        for reason in ("", "first", "bored"):
            with pytest.raises(issuing.BadReason):
                issuing.issue(asha, reason=reason, replaces=first.pk, by=cast.sara, at=AT)
        second = issuing.issue(asha, reason="lost", replaces=first.pk, by=cast.nia, at=AT)
        first.refresh_from_db()
        assert (first.voided_at, first.voided_by) == (AT, cast.nia)
        assert [one.serial for one in IdCard.objects.of_patient(asha).valid()] == ["CRD-2026-00002"]
        with pytest.raises(issuing.ReplacedMeanwhile):  # the second click
            issuing.issue(asha, reason="lost", replaces=first.pk, by=cast.sara, at=AT)
        with pytest.raises(printing.CardVoid):
            printing.card_pdf(first, at=AT)
        assert second.reason == "lost"


@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM patients_idcard",
        "TRUNCATE patients_idcard",
        "UPDATE patients_idcard SET voided_at = NULL, voided_by_id = NULL",
        "UPDATE patients_idcard SET serial = 'CRD-1'",
        "INSERT INTO patients_idcard (id, patient_id, serial, reason, issued_at, issued_by_id)"
        " SELECT gen_random_uuid(), patient_id, 'x', reason, issued_at, issued_by_id FROM patients_idcard"
        " WHERE voided_at IS NULL",
    ],
)
def test_raw_sql_cannot_revive_or_double_a_card(
    attack: str, riverside: ClinicUnderTest, cast: Cast, asha: Patient
) -> None:
    with riverside.inside(by=cast.sara):
        first = issuing.issue(asha, by=cast.sara, at=AT)
        issuing.issue(asha, reason="lost", replaces=first.pk, by=cast.sara, at=AT)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)


def test_a_card_is_exactly_as_large_as_a_card(
    riverside: ClinicUnderTest, cast: Cast, asha: Patient, tmp_path: Path
) -> None:
    with riverside.inside(by=cast.ada):
        card = issuing.issue(asha, by=cast.ada, at=AT)
        one_side = printing.card_pdf(card, at=AT)
        issuing.amend_design(birth="date", shows_sex=False, shows_blood_group=False, has_back=True, by=cast.ada, at=AT)
        both_sides = printing.card_pdf(card, at=AT)
    assert pages(one_side) == [CR80]
    assert pages(both_sides) == [CR80, CR80]
    front, back = words_of(one_side, tmp_path), words_of(both_sides, tmp_path)
    assert {"Asha Sharma", asha.number, "1984", "Female", "A+", card.serial} <= set(front.splitlines())
    assert "12 Mar 1984" not in front
    assert "12 Mar 1984" in back
    assert "Female" not in back
    assert "If found, please return to" in back


def test_ten_cards_fit_on_a_sheet(riverside: ClinicUnderTest, lakeside: ClinicUnderTest, cast: Cast) -> None:
    with riverside.inside(by=cast.ada):
        patients = [PatientFactory(by=cast.ada, given_name=f"Ravi{n}") for n in range(11)]
        cards = [issuing.issue(patient, by=cast.ada, at=AT) for patient in patients]
        assert pages(printing.sheet_pdf(cards[:10], at=AT)) == [(210.0, 297.0)]
        for wrong in ([], cards):
            with pytest.raises(printing.BadSheet):
                printing.sheet_pdf(wrong, at=AT)
    with lakeside.inside(by=cast.lena):
        card = issuing.issue(PatientFactory(by=cast.lena), by=cast.lena, at=AT)
        assert pages(printing.sheet_pdf([card], at=AT)) == [(215.9, 279.4)]


@pytest.mark.parametrize(
    "name", [("عبد الرحمن", "الخوارزمي"), ("लक्ष्मी", "नारायणन"), ("Venkataraghavan Subramaniam", "Narayanan Iyer" * 4)]
)
def test_names_of_every_script_are_printed(
    name: tuple[str, str], riverside: ClinicUnderTest, cast: Cast, tmp_path: Path
) -> None:
    with riverside.inside(by=cast.ada):
        patient = PatientFactory(by=cast.ada, given_name=name[0], family_name=name[1])
        pdf = printing.card_pdf(issuing.issue(patient, by=cast.ada, at=AT), at=AT)
    assert pages(pdf) == [CR80]
    assert patient.number in words_of(pdf, tmp_path)
    fonts = set(re.findall(rb"/BaseFont\s*/[A-Z]{6}\+([A-Za-z]+)", pdf))
    assert all(font.startswith(b"NotoSans") for font in fonts)


def test_codes_are_what_scanners_read_and_say_only_the_number(
    riverside: ClinicUnderTest, cast: Cast, asha: Patient, tmp_path: Path
) -> None:
    """A Micro QR code, which segno likes to make of short texts, is read by hardly any scanner."""
    assert qr_code("PAT-2026-00001") == qr_code("PAT-2026-00001")
    if shutil.which("zbarimg") is None or shutil.which("pdftoppm") is None:
        pytest.skip("no zbarimg or pdftoppm on this machine: apt-get install zbar-tools poppler-utils")
    with riverside.inside(by=cast.ada):
        pdf = printing.card_pdf(issuing.issue(asha, by=cast.ada, at=AT), at=AT)
    (tmp_path / "card.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "300", "-png", tmp_path / "card.pdf", tmp_path / "card"], capture_output=True)
    [picture] = tmp_path.glob("card*.png")
    read = subprocess.run(["zbarimg", "-q", picture], capture_output=True, text=True).stdout
    assert set(read.split()) == {f"QR-Code:{asha.number}", f"CODE-128:{asha.number}"}


def test_the_desk_issues_prints_and_replaces(riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient) -> None:
    sara = web(riverside, cast.sara)
    here = reverse("patients:card", "hpms.urls", args=[asha.pk])
    page = sara.post(here, follow=True).content.decode()
    assert "CRD-" in page
    with riverside.inside():
        card = IdCard.objects.get()
    pdf = sara.get(reverse("patients:card_pdf", "hpms.urls", args=[card.pk]))
    assert (pdf["Content-Type"], pages(pdf.content)) == ("application/pdf", [CR80])
    again = sara.post(here, {"replaces": str(card.pk)})
    assert again.status_code == 400
    assert sara.post(here, {"replaces": str(card.pk), "reason": "damaged"}).status_code == 302
    assert sara.post(here, {"replaces": str(card.pk), "reason": "damaged"}).status_code == 409
    assert "Damaged" in sara.get(here).content.decode()
    void = sara.get(reverse("patients:card_pdf", "hpms.urls", args=[card.pk]))
    assert (void.status_code, void["Location"]) == (302, here)


def test_a_sheet_prints_only_this_clinics_cards(
    riverside: ClinicUnderTest, lakeside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    with riverside.inside(by=cast.sara):
        card = issuing.issue(asha, by=cast.sara, at=AT)
    address = reverse("patients:card_sheet", "hpms.urls")
    printed = web(riverside, cast.sara).post(address, {"cards": [str(card.pk)]})
    assert (printed.status_code, printed["Content-Type"]) == (200, "application/pdf")
    lena = web(lakeside, cast.lena)
    assert lena.post(address, {"cards": [str(card.pk)]}).status_code == 400
    assert lena.post(address, {"cards": ["nonsense"]}).status_code == 400
