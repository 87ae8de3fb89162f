"""The chart and its stream: what each role sees, in how many questions, and what others hang up."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.patients import record
from apps.patients.models import Allergy, Condition, Coverage, Medication, Patient, PatientFlag
from apps.patients.timeline import Entry, Source, timeline_of
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory
from tests.patients.test_consents import published, sign

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PANEL = {"HX-Request": "true", "HX-Target": "panel"}


def path(name: str, *args: Any) -> str:
    return reverse(f"patients:{name}", "hpms.urls", args=args)


@pytest.fixture
def asha(riverside: ClinicUnderTest, cast: Cast) -> Patient:
    with riverside.inside(by=cast.nia):
        asha = PatientFactory(by=cast.ada)
        fill(asha, cast, "")
    return asha


def fill(asha: Patient, cast: Cast, more: str) -> None:
    by: dict[str, Any] = {"by": cast.nia, "at": AT}
    record.enter(Allergy, asha, substance=f"Penicillin{more}", reaction="Anaphylaxis", **by)
    record.enter(Condition, asha, name=f"Diabetes{more}", **by)
    record.enter(Medication, asha, name=f"Metformin{more}", **by)
    record.enter(PatientFlag, asha, code="other", text=f"Bring the key{more}", **by)
    record.enter(PatientFlag, asha, code="other", text=f"Hepatitis B{more}", audience="clinical", **by)
    order = 1 + Coverage.objects.of_patient(asha).count()
    if order <= 3:
        record.enter(Coverage, asha, payer=f"Star{more}", member_number="SH-1", order=order, **by)
    sign(asha, published(cast, title=f"Treatment{more}"), cast)


SECRET = ("Anaphylaxis", "Diabetes", "Metformin", "Hepatitis B")


@pytest.mark.parametrize(
    ("who", "seen", "hidden"),
    [
        ("nia", ("Allergy: Penicillin", "Bring the key", "Star", *SECRET), ()),
        ("sara", ("Allergy: Penicillin", "Bring the key", "Star", "SH-1", "Treatment"), SECRET),
        ("bela", ("Star", "SH-1"), ("Penicillin", "Bring the key", "Treatment", *SECRET)),
        ("olu", ("Treatment",), ("Penicillin", "Bring the key", "SH-1", *SECRET)),
    ],
)
def test_each_role_sees_what_it_needs(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient, who: str, seen: tuple[str, ...], hidden: Any
) -> None:
    for name in ("patient", "timeline"):
        page = web(riverside, getattr(cast, who)).get(path(name, asha.pk)).content.decode()
        missing = [words for words in seen if words not in page]
        assert not [words for words in hidden if words in page], name
        assert not missing or name == "timeline"


def test_the_chart_asks_as_often_for_three_of_each_as_for_one(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    ada = web(riverside, cast.ada)
    ada.get(path("patient", asha.pk))
    for name in ("patient", "timeline"):
        with CaptureQueriesContext(connection) as one:
            ada.get(path(name, asha.pk))
        with riverside.inside(by=cast.nia):
            fill(asha, cast, f" 2 {name}")
            fill(asha, cast, f" 3 {name}")
        with CaptureQueriesContext(connection) as three:
            assert ada.get(path(name, asha.pk)).status_code == 200
        assert len(three) == len(one), [query["sql"][:120] for query in three]


def test_the_stream_comes_in_stretches_and_loses_nothing(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    with riverside.inside(by=cast.ada):
        for step in range(40):
            details = {"code": "other", "text": f"Note {step:02}", "audience": "everybody"}
            record.enter(PatientFlag, asha, by=cast.nia, at=AT + timedelta(hours=step // 2), **details)
    nia = web(riverside, cast.nia)
    url, found = path("timeline", asha.pk) + "?kind=flags", []
    for _ in range(9):
        answer = nia.get(url)
        found += [entry.words for _source, entry in answer.context["shown"].entries]
        if not answer.context["older"]:
            break
        url = f"{path('timeline', asha.pk)}?{answer.context['older']}"
    assert sorted(found) == sorted({*found})
    assert {f"Note {step:02}" for step in range(40)} <= set(found)
    assert "kind=flags" in url
    stretch = nia.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in stretch
    assert nia.get(path("timeline", asha.pk), {"before": "nonsense", "kind": "nonsense"}).status_code == 200


def test_an_import_of_one_moment_comes_whole(riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient) -> None:
    with riverside.inside(by=cast.ada):
        for step in range(30):
            record.enter(PatientFlag, asha, by=cast.nia, at=AT, code="other", text=f"Note {step:02}")
    answer = web(riverside, cast.nia).get(path("timeline", asha.pk), {"kind": "flags"})
    assert (len(answer.context["shown"].entries), answer.context["older"]) == (32, "")


def test_a_source_is_asked_only_for_those_who_may_see_it(
    riverside: ClinicUnderTest, cast: Cast, asha: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def documents(patient: Patient, before: datetime | None, limit: int) -> list[Entry]:
        return [Entry(at=AT, words="X-ray", key="1")]

    source = Source("papers", "Papers", "patients.edit_consent_form", documents)
    monkeypatch.setattr("apps.patients.timeline._sources", {"papers": source})
    with riverside.inside(by=cast.ada):
        assert [entry.words for _, entry in timeline_of(asha, user=cast.ada).entries] == ["X-ray"]
        assert timeline_of(asha, user=cast.sara).entries == []


def test_an_entry_is_written_beside_the_chart_and_keeps_what_was_typed(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    nia = web(riverside, cast.nia)
    url = path("enter", asha.pk, "condition")
    wrong = nia.post(url, {"name": "Gout", "code": "M10", "onset": "yesterday"}, headers=PANEL)
    assert wrong.status_code == 400
    assert "<html" not in wrong.content.decode()
    assert 'value="yesterday"' in wrong.content.decode()
    assert set(wrong.context["form"].errors) == {"onset"}
    half = nia.post(url, {"name": "Gout", "code": "M10", "onset": "3/2019"})
    assert set(half.context["form"].errors) == {"code_system"}
    right = nia.post(url, {"name": "Gout", "onset": "3/2019"}, headers=PANEL)
    assert (right.status_code, right["HX-Redirect"]) == (204, path("patient", asha.pk))
    assert nia.post(url, {"name": "gout"}).status_code == 409
    with riverside.inside():
        assert Condition.objects.filter(onset__isnull=False).count() == 2


def test_an_amendment_shows_what_it_changed(riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient) -> None:
    with riverside.inside():
        pills = Medication.objects.get()
    nia = web(riverside, cast.nia)
    url = path("entry_amend", "medication", pills.pk)
    typed = {"name": "Metformin", "dose": "850 mg", "status": "active", "version": 1}
    assert nia.post(url, typed).status_code == 302
    page = nia.get(path("entry", "medication", pills.pk)).content.decode()
    assert "850 mg" in page
    assert "Nia Okafor" in page
    assert nia.post(url, {**typed, "dose": "1 g"}).status_code == 409, "somebody else's version"
    assert nia.post(path("entry_end", "medication", pills.pk), {"on": "", "reason": "Nausea"}).status_code == 302
    assert nia.post(path("entry_end", "medication", pills.pk), {"on": ""}).status_code == 409
    assert nia.post(path("entry_strike", "medication", pills.pk), {"reason": ""}).status_code == 400
    assert nia.post(path("entry_strike", "medication", pills.pk), {"reason": "Her sister's"}).status_code == 302
    page = nia.get(path("patient", asha.pk)).content.decode()
    assert "Her sister&#x27;s" in page, "the stream remembers"


def test_the_desk_writes_flags_and_insurance_and_no_clinical_entries(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    sara = web(riverside, cast.sara)
    flag = {"code": "hearing", "tone": "blue", "audience": "everybody"}
    assert sara.post(path("enter", asha.pk, "flag"), flag).status_code == 302
    policy = {"payer": "HDFC", "member_number": "1", "relationship": "self", "order": "2"}
    assert sara.post(path("enter", asha.pk, "coverage"), policy).status_code == 302
    assert sara.post(path("enter", asha.pk, "coverage"), {**policy, "payer": "LIC"}).status_code == 409
    assert sara.post(path("enter", asha.pk, "condition"), {"name": "Gout"}).status_code == 403
    assert sara.get(path("enter", asha.pk, "nonsense")).status_code == 404
    with riverside.inside():
        hidden = PatientFlag.objects.get(audience="clinical")
        allergy = Allergy.objects.get()
    assert sara.get(path("entry", "flag", hidden.pk)).status_code == 404
    assert sara.get(path("entry", "allergy", allergy.pk)).status_code == 403
    assert sara.get(path("entry", "flag", allergy.pk)).status_code == 404


def test_the_desk_does_not_guess_what_a_flag_says_to_clinical_staff(
    riverside: ClinicUnderTest, asha: Patient, api: Any, cast: Cast
) -> None:
    with riverside.inside(by=cast.nia):
        words = PatientFlag.objects.get(audience="clinical").text
    guess = {"code": "other", "text": words, "audience": "everybody"}
    path = f"/api/v1/patients/{asha.pk}/flags/"
    assert api(riverside, cast.nia).post(path, guess).status_code == 409
    assert api(riverside, cast.sara).post(path, guess).status_code == 201, "as for any other words"
    assert api(riverside, cast.sara).post(path, guess).status_code == 409, "her own she may see"


def test_the_desk_does_not_see_what_a_flag_said_to_clinical_staff(
    riverside: ClinicUnderTest, cast: Cast, web: Any, api: Any, asha: Patient
) -> None:
    with riverside.inside(by=cast.nia):
        flag = PatientFlag.objects.get(audience="clinical")
        record.amend(flag, by=cast.nia, at=AT, text="Wear gloves", audience="everybody")
    url = path("entry", "flag", flag.pk)
    assert "Hepatitis B" in web(riverside, cast.nia).get(url).content.decode()
    page = web(riverside, cast.sara).get(url).content.decode()
    assert "Wear gloves" in page
    assert "Hepatitis B" not in page
    assert "Hepatitis B" not in str(api(riverside, cast.sara).get(f"/api/v1/flags/{flag.pk}/").json())


def test_no_known_allergies_is_refused_in_words_where_there_are_some(
    riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    nia = web(riverside, cast.nia)
    answer = nia.post(path("no_known_allergies", asha.pk))
    assert answer.status_code == 409
    assert "active allergies" in answer.content.decode()
    with riverside.inside(by=cast.ada):
        ravi = PatientFactory(given_name="Ravi")
    page = nia.post(path("no_known_allergies", ravi.pk), follow=True).content.decode()
    assert "No known allergies" in page
    assert "Allergies: not asked yet" not in page


def test_the_outsider_finds_nothing(
    riverside: ClinicUnderTest, lakeside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient
) -> None:
    with riverside.inside():
        allergy = Allergy.objects.get()
    lena = web(lakeside, cast.lena)
    for url in (path("timeline", asha.pk), path("consents", asha.pk), path("entry", "allergy", allergy.pk)):
        assert lena.get(url).status_code == 404
    assert lena.post(path("entry_strike", "allergy", allergy.pk), {"reason": "x"}).status_code == 404


def test_reading_an_entry_leaves_a_trace(riverside: ClinicUnderTest, cast: Cast, web: Any, asha: Patient) -> None:
    with riverside.inside():
        allergy = Allergy.objects.get()
    web(riverside, cast.nia).get(path("entry", "allergy", allergy.pk))
    with riverside.inside():
        event = AuditEvent.objects.filter(action="read").latest("id")
    assert (event.patient_id, event.table_name) == (asha.pk, "allergy")


def test_the_api_keeps_the_same_rules(riverside: ClinicUnderTest, cast: Cast, api: Any, asha: Patient) -> None:
    nia, sara = api(riverside, cast.nia), api(riverside, cast.sara)
    base = f"/api/v1/patients/{asha.pk}"
    made = nia.post(f"{base}/allergies/", {"substance": "Latex", "onset": "2019-05"}, headers={"Idempotency-Key": "k1"})
    again = nia.post(
        f"{base}/allergies/", {"substance": "Latex", "onset": "2019-05"}, headers={"Idempotency-Key": "k1"}
    )
    assert (made.status_code, again.json()["id"]) == (201, made.json()["id"])
    assert nia.post(f"{base}/allergies/", {"substance": "latex"}).json()["code"] == "entered_already"
    wrong = nia.post(f"{base}/allergies/", {"substance": "Nuts", "onset": "2099", "category": "food"})
    assert (wrong.status_code, [error["field"] for error in wrong.json()["errors"]]) == (400, ["onset"])
    url = f"/api/v1/allergies/{made.json()['id']}/"
    assert nia.patch(url, {"reaction": "Rash", "version": 1}).json()["version"] == 2
    assert nia.patch(url, {"reaction": "Hives", "version": 1}).status_code == 409
    assert nia.post(f"{url}end/", {"reason": "Tested"}).json()["status"] == "inactive"
    assert nia.post(f"{url}error/", {"reason": "Not hers"}).json()["is_struck"] is True
    assert [one["action"] for one in nia.get(url).json()["history"]] == ["struck", "ended", "amended", "entered"]
    assert [one["substance"] for one in nia.get(f"{base}/allergies/").json()["results"]] == ["Penicillin"]
    alerts = sara.get(f"{base}/alerts/").json()
    assert (alerts["allergies"], alerts["alerts"][0]["words"]) == ("known", "Allergy: Penicillin")
    assert sara.get(f"{base}/allergies/").status_code == 403
    kinds = {entry["kind"] for entry in sara.get(f"{base}/timeline/").json()["results"]}
    assert kinds == {"coverage", "consents"}
    assert sara.get(f"{base}/timeline/", {"before": "nonsense"}).status_code == 400
    flags = {one["text"] for one in sara.get(f"{base}/flags/").json()["results"]}
    assert flags == {"Bring the key"}
