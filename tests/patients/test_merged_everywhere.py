"""What other subjects and departments know of a merged record is shown with the person, and nothing new goes there."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.accounts.models import User
from apps.patients import record
from apps.patients.alerts import alerts_of
from apps.patients.models import Allergy, Patient, PatientFlag
from apps.patients.registration import Merged
from apps.patients.together import findings_on
from apps.scheduling import booking
from tests.billing.cast import AT, Cast, in_session
from tests.patients.test_merging import merge, separate, twin


@pytest.fixture
def cast(kept_cast: Cast, inside_riverside: Any) -> Cast:
    return kept_cast


def nuts(patient: Patient, by: User) -> Allergy:
    return record.enter(Allergy, patient, by=by, at=AT, substance="Nuts", criticality="high")


def test_allergies_of_both_warn_for_the_person_and_can_be_amended(cast: Cast) -> None:
    duplicate = twin(cast)
    allergy = nuts(duplicate, cast.bela)
    fact = merge(cast, cast.asha, duplicate)
    words = ["Allergy: Nuts"]
    for one in (cast.asha, duplicate):
        assert [alert.words for alert in alerts_of(one)] == words
    assert alerts_of(cast.ben) == []
    record.amend(allergy, by=cast.bela, at=AT, substance="Peanuts", reason="Asked again")
    with pytest.raises(Merged):  # and not that they should be restored
        nuts(duplicate, cast.bela)
    separate(cast, fact)
    assert alerts_of(cast.asha) == []
    assert [alert.words for alert in alerts_of(duplicate)] == ["Allergy: Peanuts"]


# What hangs on a row that stood before goes with that row.
HANGS_ON = {
    *("patients_allergyreview", "patients_documentversion", "patients_documentshare", "patients_shareopening"),
    *("patients_recordchange", "patients_consentrevocation", "patients_importline", "audit_event"),
}


def test_every_table_with_a_patient_refuses_what_is_new_for_a_merged_record(cast: Cast) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'"
            " WHERE a.attname = 'patient_id' AND c.relnamespace = current_schema()::regnamespace"
            "  AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = 'not_for_merged')"
        )
        assert {name for (name,) in cursor.fetchall()} <= HANGS_ON


@pytest.mark.parametrize(
    "table", ["allergy", "condition", "medication", "patientflag", "coverage", "patientconsent", "document"]
)
def test_every_table_of_the_record_is_guarded(cast: Cast, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgenabled FROM pg_trigger WHERE tgname = 'not_for_merged' AND tgrelid = %s::regclass",
            [f"patients_{table}"],
        )
        assert cursor.fetchall() == [("A",)]


def test_nothing_new_is_recorded_on_a_merged_record_by_any_writer(cast: Cast) -> None:
    duplicate = twin(cast)
    allergy = nuts(cast.ben, cast.bela)
    merge(cast, cast.asha, duplicate)
    for attack in (
        lambda: Allergy.objects.filter(pk=allergy.pk).update(patient=duplicate),
        lambda: PatientFlag.objects.bulk_create([PatientFlag(patient=duplicate, entered_by=cast.bela, entered_at=AT)]),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attack()


def test_who_merges_is_told_of_overlapping_visits_and_both_accounts(cast: Cast) -> None:
    visit = in_session(cast)  # Asha, today at noon; the year is past, so the later ones are booked ahead of the clock
    duplicate = twin(cast)
    cast.issued("40.00", patient=duplicate)
    cast.pay("10.00", patient=duplicate, credit_consent=True)
    reader = User.objects.get(pk=visit.provider.user_id)
    findings = {str(finding.title): finding for finding in findings_on(cast.asha, duplicate, reader=reader)}
    (words, url) = findings["Accounts of both, which will be one balance"].lines[0]
    assert duplicate.number in words and "40.00" in words and "10.00" in words
    assert str(duplicate.pk) in url
    assert findings_on(cast.asha, duplicate, reader=User.objects.create_user("x@y.example", full_name="X")) == []


def test_overlapping_visits_are_listed_first(cast: Cast) -> None:
    from django.utils import timezone

    from apps.scheduling.models import Appointment
    from apps.scheduling.together import upcoming

    visit = in_session(cast)
    duplicate = twin(cast)
    start = timezone.now() + timedelta(days=1)
    shared = {
        name: getattr(visit, name)
        for name in ("appointment_type", "booked_by", "booked_at", "buffer_before", "buffer_after")
    }
    times = {"starts_at": start, "ends_at": start + timedelta(minutes=30)}
    busy = {"busy_from": start, "busy_until": start + timedelta(minutes=30)}
    other = visit.provider.__class__.objects.create(name="Dr Bela Sen")
    for number, (patient, provider) in enumerate(((cast.asha, visit.provider), (duplicate, other)), start=1):
        Appointment.objects.create(
            number=f"T-{number}", patient=patient, provider=provider, status="scheduled", **shared, **times, **busy
        )
    findings = list(upcoming(cast.asha, duplicate))
    assert [finding.tone for finding in findings] == ["amber", "grey"]
    assert ["T-1" in findings[0].lines[0][0], "T-2" in findings[0].lines[1][0]] == [True, True]
    merge(cast, cast.asha, duplicate)
    assert len(next(iter(upcoming(cast.asha, cast.ben))).lines) == 2


def test_what_stands_on_the_merged_record_can_still_be_moved(cast: Cast) -> None:
    visit = in_session(cast)
    booked = booking.book(
        patient=cast.asha,
        provider=visit.provider,
        appointment_type=visit.appointment_type,
        starts_at=AT + timedelta(hours=3),
        by=visit.provider.user,
        at=AT,
    )
    survivor = twin(cast)
    merge(cast, survivor, cast.asha)
    moved = booking.reschedule(booked, starts_at=AT + timedelta(hours=4), by=visit.provider.user, at=AT)
    assert (moved.patient_id, moved.starts_at) == (cast.asha.pk, AT + timedelta(hours=4))
