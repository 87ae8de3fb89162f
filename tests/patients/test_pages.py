"""The register as the desk sees it: find, register, compare, look at, amend, deactivate."""

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.patients.models import Patient
from apps.patients.registration import amend, deactivate
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients.factories import REGISTERED, PatientFactory

FORM = {
    "given_name": "Asha",
    "family_name": "Sharma",
    "sex": "female",
    "birth_date": "12/03/1984",
    "phone": "98450 12345",
}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def asha(riverside: ClinicUnderTest, cast: Cast) -> Patient:
    with riverside.inside(by=cast.ada):
        return PatientFactory(by=cast.ada, phone="+91 98450 12345", notes="Fears needles")


@pytest.fixture
def outsider(lakeside: ClinicUnderTest, cast: Cast) -> Patient:
    with lakeside.inside(by=cast.lena):
        return PatientFactory(by=cast.lena, given_name="Olivia", family_name="Outsider", phone="212 555 0147")


def path(name: str, *args: Any) -> str:
    return reverse(f"patients:{name}", "hpms.urls", args=args)


def reads(clinic: ClinicUnderTest) -> list[tuple[Any, str]]:
    with clinic.inside():
        events = AuditEvent.objects.filter(action="read").order_by("id")
        return [(event.patient_id, event.table_name) for event in events]


def test_the_desk_registers_a_patient(riverside: ClinicUnderTest, cast: Cast, web: Any) -> None:
    sara = web(riverside, cast.sara)
    answer = sara.post(path("register"), FORM, follow=True)
    assert "Registered as PAT-" in answer.content.decode()
    with riverside.inside():
        patient = Patient.objects.get()
        assert (patient.full_name, patient.birth_date) == ("Asha Sharma", date(1984, 3, 12))
    assert patient.registered_by_id == cast.sara.pk
    assert answer.redirect_chain == [(path("patient", patient.pk), 302)]


def test_what_is_wrong_is_told_beside_its_field_and_what_was_typed_stays(
    riverside: ClinicUnderTest, cast: Cast, web: Any
) -> None:
    answer = web(riverside, cast.sara).post(
        path("register"), {**FORM, "phone": "ring me", "birth_date": "31/02/1984", "emergency_phone": "98450 5555"}
    )
    page = answer.content.decode()
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) >= {"birth_date"}
    again = web(riverside, cast.sara).post(
        path("register"), {**FORM, "phone": "ring me", "emergency_phone": "98450 5555"}
    )
    assert set(again.context["form"].errors) == {"phone", "emergency_name"}
    assert 'value="ring me"' in again.content.decode()
    for field, typed, words in (("birth_date", "12/12/2099", "is in the future"), ("age", "-3", "from 0 to 130")):
        unborn = web(riverside, cast.sara).post(path("register"), {**FORM, "birth_date": "", field: typed})
        assert words in str(unborn.context["form"].errors[field])
    assert ">ગુજરાતી</option>" in page
    assert 'value="Asha"' in page


def test_a_likely_duplicate_is_compared_before_anything_is_saved(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    sara = web(riverside, cast.sara)
    answer = sara.post(path("register"), FORM)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert asha.number in page
    assert "Same name" in page
    assert (asha.pk, "duplicates") in reads(riverside)
    other = {**FORM, "not_a_duplicate": "yes", "shown": re.findall('name="shown" value="([^"]+)"', page)}
    assert sara.post(path("register"), other).status_code == 302
    again = sara.post(path("register"), other)  # a second click: the first has registered somebody who was not shown
    assert (again.status_code, len(again.context["duplicates"])) == (409, 2)
    assert sara.post(path("register"), {**other, "shown": ["nonsense"]}).status_code == 409
    with riverside.inside():
        assert Patient.objects.count() == 2


def test_a_search_in_vain_begins_the_registration(riverside: ClinicUnderTest, cast: Cast, web: Any) -> None:
    sara = web(riverside, cast.sara)
    answer = sara.post(path("search"), {"q": "meena rao 98450 77777"}, follow=True)
    link = re.search(r'href="(/patients/new/\?find=[^"]+)"', answer.content.decode())
    assert link
    form = sara.get(link[1].replace("&amp;", "&")).context["form"]
    assert form.initial == {"given_name": "Meena", "family_name": "Rao", "phone": "98450 77777"}


def test_a_date_with_its_month_in_letters_is_no_name_of_whoever_is_registered(
    riverside: ClinicUnderTest, cast: Cast, web: Any
) -> None:
    sara = web(riverside, cast.sara)
    answer = sara.post(path("search"), {"q": "meena rao 12 mar 1984"}, follow=True)
    link = re.search(r'href="(/patients/new/\?find=[^"]+)"', answer.content.decode())
    assert link
    form = sara.get(link[1].replace("&amp;", "&")).context["form"]
    assert form.initial == {"given_name": "Meena", "family_name": "Rao", "birth_date": "12/03/1984"}


def test_what_is_searched_for_among_marked_patients_is_marked(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    with riverside.inside(by=cast.ada):
        PatientFactory(by=cast.ada, given_name="Ashok", is_vip=True)
    sara = web(riverside, cast.sara)
    found = sara.post(path("search"), {"q": "ash"})
    assert len(sara.get(found["Location"]).context["lines"]) == 2
    lines = sara.get(f"{found['Location']}&flag=vip").context["lines"]
    assert [line.name for line in lines] == ["Ashok Sharma"]


def test_a_search_that_finds_one_person_opens_the_chart(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    answer = web(riverside, cast.sara).post(path("search"), {"q": "asha"})
    assert (answer.status_code, answer["Location"]) == (302, path("patient", asha.pk))


def test_names_never_stand_in_an_address(riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient) -> None:
    with riverside.inside():
        PatientFactory(given_name="Ravi")
    sara = web(riverside, cast.sara)
    answer = sara.post(path("search"), {"q": "sharma"})
    assert "sharma" not in answer["Location"].lower()
    page = sara.get(answer["Location"])
    assert {line.name for line in page.context["lines"]} == {"Asha Sharma", "Ravi Sharma"}
    assert page["Cache-Control"] == "no-store"
    shah = web(riverside, cast.shah).get(answer["Location"])
    assert shah.context.get("words") is None, "the token is worth something to somebody else"
    assert sara.get(path("list"), {"find": "forged"}).status_code == 200


def test_htmx_gets_the_lines_only_and_every_line_leaves_a_trace(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    answer = web(riverside, cast.sara).post(
        path("search"), {"q": "9845012345"}, headers={**HTMX, "HX-Target": "patient-rows"}
    )
    assert "<html" not in answer.content.decode()
    assert "Asha Sharma" in answer.content.decode()
    short = web(riverside, cast.sara).post(
        path("search"), {"q": "ash"}, headers={**HTMX, "HX-Target": "found-patients"}
    )
    assert 'class="found"' in short.content.decode()
    assert reads(riverside) == [(asha.pk, "list"), (asha.pk, "list")]


def test_the_list_counts_the_same_queries_at_one_and_at_three_rows(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    ada = web(riverside, cast.ada)
    ada.get(path("list"))
    with CaptureQueriesContext(connection) as one:
        ada.get(path("list"))
    with riverside.inside():
        PatientFactory.create_batch(2)
    with CaptureQueriesContext(connection) as three:
        assert len(ada.get(path("list")).context["lines"]) == 3
    assert len(three) == len(one)


def test_the_list_shows_whom_it_is_asked_for(riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient) -> None:
    with riverside.inside(by=cast.ada):
        gone = deactivate(PatientFactory(given_name="Ravi"), by=cast.ada, at=REGISTERED, reason="Moved away")
        blocked = PatientFactory(given_name="Meena", is_blocked=True, blocked_reason="Rude", is_vip=True)
    ada = web(riverside, cast.ada)

    def shown(**query: str) -> set[Any]:
        return {line.pk for line in ada.get(path("list"), query).context["lines"]}

    assert shown() == {asha.pk, blocked.pk}
    assert shown(status="inactive") == {gone.pk}
    assert shown(status="all") == {asha.pk, blocked.pk, gone.pk}
    assert shown(flag="blocked") == shown(flag="vip") == {blocked.pk}
    assert shown(status="nonsense", page="-1") == {asha.pk, blocked.pk}


def test_the_chart_shows_what_is_known_and_leaves_one_trace(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    page = web(riverside, cast.shah).get(path("patient", asha.pk)).content.decode()
    for words in ("Asha Sharma", asha.number, "12 Mar 1984", "tel:+919845012345", "Fears needles"):
        assert words in page
    assert "<title>PAT-" in " ".join(page.split()).replace("<title> ", "<title>")
    assert reads(riverside) == [(asha.pk, "chart")]


def test_the_chart_escapes_what_people_write(riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient) -> None:
    with riverside.inside(by=cast.ada):
        amend(asha, by=cast.ada, at=REGISTERED, notes="<script>alert(1)</script>", address="<b>x</b>")
    page = web(riverside, cast.shah).get(path("patient", asha.pk)).content.decode()
    assert "<script>alert" not in page
    assert "<b>x" not in page


def test_amending_writes_only_what_was_changed(riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient) -> None:
    sara = web(riverside, cast.sara)
    form = sara.get(path("amend", asha.pk)).context["form"]
    typed = {name: value for name, value in form.initial.items() if value not in (None, "", False)}
    answer = sara.post(path("amend", asha.pk), {**typed, "version": 1, "city": "Mysuru"})
    assert answer.status_code == 302
    with riverside.inside():
        event = AuditEvent.objects.filter(table_name="patients_patient", action="update").get()
    assert set(event.changed) == {"city", "version", "last_activity_at"} - (
        {"last_activity_at"} if "last_activity_at" not in event.changed else set()
    )


def test_an_estimated_age_left_alone_does_not_move(riverside: ClinicUnderTest, cast: Cast, web: Any) -> None:
    with riverside.inside():
        meena = PatientFactory(given_name="Meena", age=40)
    sara = web(riverside, cast.sara)
    initial = sara.get(path("amend", meena.pk)).context["form"].initial
    assert initial["birth_date"] == ""
    typed = {name: value for name, value in initial.items() if value not in (None, "", False)}
    assert sara.post(path("amend", meena.pk), {**typed, "version": 1, "city": "Mysuru"}).status_code == 302
    with riverside.inside():
        after = Patient.objects.get(pk=meena.pk)
        assert (after.birth_date, after.birth_date_estimated) == (meena.birth_date, True)


def test_somebody_elses_change_is_shown_and_not_overwritten(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    sara = web(riverside, cast.sara)
    typed = {**FORM, "phone": "+91 98450 12345", "version": 1, "city": "Mysuru"}
    with riverside.inside(by=cast.nia):
        amend(asha, by=cast.nia, at=REGISTERED, city="Hassan")
    answer = sara.post(path("amend", asha.pk), typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Hassan" in page
    assert "Mysuru" in page
    assert sara.post(path("amend", asha.pk), {**typed, "version": 2}).status_code == 302
    assert sara.post(path("amend", asha.pk), {**typed, "version": "x"}).status_code == 409


def test_who_may_not_flag_sees_no_flags_and_cannot_smuggle_them(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    nia = web(riverside, cast.nia)
    assert "is_blocked" not in nia.get(path("amend", asha.pk)).content.decode()
    answer = nia.post(
        path("amend", asha.pk), {**FORM, "version": 1, "is_blocked": "on", "blocked_reason": "Mine", "is_vip": "on"}
    )
    assert answer.status_code == 302
    with riverside.inside():
        after = Patient.objects.get(pk=asha.pk)
        assert (after.is_blocked, after.is_vip, after.blocked_reason) == (False, False, "")


def test_deactivating_needs_a_reason_and_can_be_undone(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    ada = web(riverside, cast.ada)
    assert ada.post(path("deactivation", asha.pk), {"reason": " "}).status_code == 400
    page = ada.post(path("deactivation", asha.pk), {"reason": "Registered twice"}, follow=True).content.decode()
    assert "Registered twice" in page
    assert path("restoration", asha.pk) in page
    assert "Put on the waitlist" not in page
    assert "deactivated or merged" in ada.post("/waitlist/new/", {"patient": asha.pk}).content.decode()
    assert ada.post(path("deactivation", asha.pk), {"reason": "again"}).status_code == 409
    assert "is active again" in ada.post(path("restoration", asha.pk), follow=True).content.decode()
    assert ada.post(path("restoration", asha.pk)).status_code == 409


def test_the_outsiders_patient_is_not_there(
    riverside: ClinicUnderTest, cast: Cast, web: Any, outsider: Patient, asha: Patient
) -> None:
    ada = web(riverside, cast.ada)
    for name in ("patient", "amend", "deactivation", "restoration"):
        assert ada.get(path(name, outsider.pk)).status_code == 404
        assert ada.post(path(name, outsider.pk), {"reason": "x", **FORM}).status_code in {404, 405}
    for typed in ("olivia", "212 555 0147"):
        page = ada.post(path("search"), {"q": typed}, headers=HTMX).content.decode()
        assert "Olivia" not in page
    assert "Olivia" not in ada.get(path("list"), {"status": "all"}).content.decode()


@pytest.mark.parametrize("query", ["\x00", "%" * 200, "' OR 1=1 --", "١٢/٣/١٩٨٤", "👩‍⚕️", "12/13/14/15", "+" * 50, "-"])
def test_strange_words_find_nobody_and_break_nothing(
    riverside: ClinicUnderTest, cast: Cast, web: Any, query: str
) -> None:
    answer = web(riverside, cast.sara).post(path("search"), {"q": query}, headers=HTMX)
    assert answer.status_code == 200


def test_the_administration_site_shows_patients_and_changes_none(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    ada = web(riverside, cast.ada)
    listed, one = "/administration/patients/patient/", f"/administration/patients/patient/{asha.pk}/change/"
    assert "Asha Sharma" in ada.get(listed, {"q": asha.number}).content.decode()
    assert "Asha Sharma" not in ada.get(listed, {"q": "asha"}).content.decode()
    assert "Fears needles" in ada.get(one).content.decode()
    assert reads(riverside) == [(asha.pk, "list"), (asha.pk, "chart")]
    assert ada.post(one, {"given_name": "Eve"}).status_code == 403
    assert ada.post(f"/administration/patients/patient/{asha.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ada.get("/administration/patients/patient/add/").status_code == 403
