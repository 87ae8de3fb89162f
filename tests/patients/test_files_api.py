"""Files of patients through pages and API: uploaded, checked, confirmed, delivered by the outbox."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.outbox import delivery
from apps.outbox.models import Message
from apps.patients.models import Patient, PatientImport
from tests.cast import Cast
from tests.conftest import ClinicUnderTest

FILE = "First name,Last name,DOB\nAsha,Sharma,12/03/1984\nBen,Okoro,31/02/1990\n"


def path(name: str, *args: Any) -> str:
    return reverse(f"patients:{name}", "hpms.urls", args=args)


def csv_file(text: str = FILE, name: str = "old.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode(), content_type="text/csv")


def deliver_all(clinic: ClinicUnderTest) -> int:
    """What a worker does with what waits in the outbox."""
    delivered = 0
    while True:
        with clinic.inside(actor="task:outbox.deliver"):
            waiting = list(Message.objects.waiting().filter(kind__startswith="patients.").values_list("pk", flat=True))
            if not waiting:
                return delivered
            delivered += sum(delivery.deliver(pk, at=timezone.now()) for pk in waiting)


def test_from_upload_to_report_on_the_pages(riverside: ClinicUnderTest, cast: Cast, web: Any) -> None:
    ada = web(riverside, cast.ada)
    for wrong in ({}, {"file": SimpleUploadedFile("a.csv", b"")}, {"file": csv_file("PK\x03\x04 a workbook", "a.csv")}):
        assert ada.post(path("imports"), wrong).status_code == 400
    answer = ada.post(path("imports"), {"file": csv_file()}, follow=True)
    with riverside.inside():
        file = PatientImport.objects.get()
    page = answer.content.decode()
    assert answer.redirect_chain == [(path("import", file.pk), 302)]
    assert "Match the columns" in page and "Asha" in page
    assert ada.post(path("import_confirmation", file.pk)).status_code == 409
    form = {"column_0": "given_name", "column_1": "family_name", "column_2": "birth_date"}
    wrong_form = ada.post(path("import_matching", file.pk), {**form, "column_1": "given_name"})
    assert wrong_form.status_code == 400
    twice = {**form, "column_1": "given_name", "date_order": "dmy", "on_duplicate": "skip"}
    assert (
        "Two columns are matched with Given name." in ada.post(path("import_matching", file.pk), twice).content.decode()
    )
    right = {**form, "date_order": "dmy", "on_duplicate": "skip"}
    page = ada.post(path("import_matching", file.pk), right, follow=True).content.decode()
    assert "Nothing is imported yet." in page and "Date of birth" in page
    with riverside.inside():
        assert not Patient.objects.exists()
    page = ada.post(path("import_confirmation", file.pk), follow=True).content.decode()
    assert "Being imported" in page
    assert ada.post(path("import_confirmation", file.pk)).status_code == 409
    progress = ada.get(path("import", file.pk), headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" in progress and "<html" not in progress
    assert deliver_all(riverside) == 1
    assert "See what came of it" in ada.get(path("import", file.pk), headers={"HX-Request": "true"}).content.decode()
    report = ada.get(path("import_report", file.pk)).content.decode()
    assert "3,refused," in report and "Ben,Okoro,31/02/1990" in report
    with riverside.inside():
        assert [patient.full_name for patient in Patient.objects.all()] == ["Asha Sharma"]
        assert Patient.objects.get().registered_by_id == cast.ada.pk


def test_the_same_through_the_api(riverside: ClinicUnderTest, cast: Cast, api: Any) -> None:
    ada = api(riverside, cast.ada)
    where = "/api/v1/patients/imports/"
    bad = ada.post(where, {"file": csv_file("Name,Name\na,b\n")}, format="multipart")
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_file")
    made = ada.post(where, {"file": csv_file()}, format="multipart")
    assert made.status_code == 201
    assert made.json()["mapping"] == ["given_name", "family_name", "birth_date"]
    one = f"{where}{made.json()['id']}/"
    assert ada.post(f"{one}check/", {"date_order": "ydm"}).status_code == 400
    assert ada.post(f"{one}check/", {"mapping": ["x"]}).json()["code"] == "bad_mapping"
    found = ada.post(f"{one}check/", {"separator": ",", "date_order": "dmy"}).json()
    assert (found["state"], found["fine"], found["refused"]) == ("checked", 1, 1)
    (line,) = ada.get(f"{one}lines/").json()["results"]
    assert (line["row"], line["outcome"], line["problems"][0][0]) == (3, "refused", "birth_date")
    assert ada.post(f"{one}confirmation/").status_code == 202
    assert ada.post(f"{one}confirmation/").status_code == 409
    deliver_all(riverside)
    assert ada.get(one).json()["state"] == "done"
    assert ada.delete(one).status_code == 409
    exported = ada.post("/api/v1/patients/exports/", {"columns": ["given_name", "birth_date"]})
    assert b"".join(exported.streaming_content) == b"Given name,Date of birth\r\nAsha,1984-03-12\r\n"


@pytest.mark.parametrize("step", ["import", "import_matching", "import_report"])
def test_the_outsider_sees_nothing_of_a_file(
    riverside: ClinicUnderTest, lakeside: ClinicUnderTest, cast: Cast, web: Any, step: str
) -> None:
    web(riverside, cast.ada).post(path("imports"), {"file": csv_file()})
    with riverside.inside():
        file = PatientImport.objects.get()
    assert web(lakeside, cast.lena).get(path(step, file.pk)).status_code == 404


def test_the_register_is_compared_by_the_worker_step_by_step(
    riverside: ClinicUnderTest, cast: Cast, web: Any, monkeypatch: Any
) -> None:
    from apps.patients import review
    from tests.patients.factories import PatientFactory

    monkeypatch.setattr(review, "BATCH", 1)
    monkeypatch.setattr(review, "BATCHES_A_STEP", 1)
    with riverside.inside(by=cast.ada):
        for _ in range(3):
            PatientFactory(by=cast.ada)
    sara = web(riverside, cast.sara)
    assert "is being compared" in sara.post(path("duplicates_search"), follow=True).content.decode()
    assert deliver_all(riverside) == 4
    assert sara.get(path("duplicates")).content.decode().count("Compare<span") == 3
