"""Two records become one person's and are taken apart again, without a trace."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.audit.models import AuditEvent
from apps.billing import invoicing, statements
from apps.billing.models import Invoice, Payment
from apps.billing.patient_statement import statement
from apps.billing.paying import credit, payments
from apps.billing.together import MoneyIsMixed
from apps.patients import merging, registration
from apps.patients.models import Patient, PatientMerge, PatientSeparation
from apps.patients.models.persons import persons_of, records_of
from apps.patients.search import find
from apps.scheduling import attendance, booking
from apps.scheduling.booking import NotBookable
from apps.scheduling.models import Appointment
from tests.billing.cast import AT, Cast, D, in_session
from tests.patients.snapshots import every_row, opened

LATER = AT + timedelta(hours=3)


@pytest.fixture
def cast(kept_cast: Cast, inside_riverside: Any) -> Cast:
    return kept_cast


def twin(cast: Cast, **details: Any) -> Patient:
    """Asha, registered a second time, spelled otherwise."""
    return registration.register(
        by=cast.bela,
        at=AT,
        **{"given_name": "Aasha", "family_name": "Patel", "phone": "+91 98450 11111", "notes": "Twice", **details},
    )


def merge(cast: Cast, survivor: Patient, duplicate: Patient, **more: Any) -> PatientMerge:
    with transaction.atomic():
        fact = merging.merge(survivor, duplicate, **{"by": cast.bela, "at": AT, "reason": "Twice", **more})
        check_now()
    return fact


def separate(cast: Cast, fact: PatientMerge, **more: Any) -> PatientSeparation:
    with transaction.atomic():
        done = merging.separate(fact, **{"by": cast.bela, "at": LATER, "reason": "Two people", **more})
        check_now()
    return done


def check_now() -> None:
    """What the database checks at COMMIT."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_every_row_is_as_before_once_a_merge_is_undone(cast: Cast) -> None:
    visit = in_session(cast)
    attendance.complete(visit, by=visit.provider.user, at=AT)
    duplicate = twin(cast)
    invoice = cast.issued("100.00", patient=duplicate)
    cast.pay("150.00", invoice, patient=duplicate, credit_consent=True)
    before, versions = every_row(), (cast.asha.version, duplicate.version)

    separate(cast, merge(cast, cast.asha, duplicate))

    assert every_row() == before
    assert versions == (
        *Patient.objects.filter(pk=cast.asha.pk).values_list("version", flat=True),
        *Patient.objects.filter(pk=duplicate.pk).values_list("version", flat=True),
    )


def test_chosen_details_come_back_as_well_and_only_the_version_moves_on(cast: Cast) -> None:
    duplicate = twin(cast, birth_date=date(1988, 3, 15), is_blocked=True, blocked_reason="Threw a chair", is_vip=True)
    both = [Patient.objects.get(pk=one.pk) for one in (cast.asha, duplicate)]
    before, elsewhere = [opened(one) for one in both], every_row(besides={"patients_patient"})

    fact = merge(cast, cast.asha, duplicate, take={"given_name", "phone", "birth_date", "notes"})

    survivor = Patient.objects.get(pk=cast.asha.pk)
    assert (survivor.given_name, survivor.phone, survivor.birth_date) == ("Aasha", "+91 98450 11111", date(1988, 3, 15))
    assert (survivor.is_blocked, survivor.blocked_reason, survivor.is_vip) == (True, "Threw a chair", True)
    assert find("aasha") == [survivor]

    separate(cast, fact)

    after = [opened(Patient.objects.get(pk=one.pk)) for one in (cast.asha, duplicate)]
    assert after[0] == {**before[0], "version": before[0]["version"] + 2}
    assert after[1] == before[1]
    assert every_row(besides={"patients_patient"}) == elsewhere


def test_both_records_show_together_and_the_old_number_and_phone_find_the_survivor(cast: Cast) -> None:
    duplicate = twin(cast)
    invoices = [cast.issued("100.00"), cast.issued("40.00", patient=duplicate)]
    cast.pay("25.00", patient=duplicate, credit_consent=True)
    merge(cast, cast.asha, duplicate)

    assert set(records_of(cast.asha)) == set(records_of(duplicate)) == {cast.asha.pk, duplicate.pk}
    assert persons_of([cast.asha.pk, duplicate.pk, cast.ben.pk]) == {
        cast.asha.pk: cast.asha.pk,
        duplicate.pk: cast.asha.pk,
        cast.ben.pk: cast.ben.pk,
    }
    for record in (cast.asha, duplicate):
        assert set(Invoice.objects.for_patient(record)) == set(invoices)
        assert statements.balance_of(record) == statements.Balance(owed=D("140"), credit=D("25"))
        assert len(statement(record, reader=cast.bela).movements) == 3
    for words in (duplicate.number, "98450 11111", "aasha", "patel"):
        assert find(words) == [cast.asha], words


def test_the_credit_of_one_pays_what_the_other_owes_and_the_books_know_whose_it_was(cast: Cast) -> None:
    duplicate = twin(cast)
    cast.pay("60.00", patient=duplicate, credit_consent=True)
    invoice = cast.issued("100.00")
    fact = merge(cast, cast.asha, duplicate)

    credit.use_credit(invoice, by=cast.bela, at=AT)
    cast.pay("40.00", invoice, patient=duplicate)  # named by the old record, it lands on the one in use

    invoice.refresh_from_db()
    assert invoice.due == 0
    assert list(Payment.objects.order_by("number").values_list("patient", flat=True)) == [duplicate.pk, cast.asha.pk]
    by_subject = credit_by_subject()
    assert by_subject == {duplicate.pk: 0}

    with pytest.raises(MoneyIsMixed, match="RCT-2026-00001 pays INV-2026-00001"):
        separate(cast, fact)
    invoicing.void(invoice, by=cast.bela, at=AT, reason="Mixed", disposition="credit")
    separate(cast, fact)
    assert statements.balance_of(duplicate).credit == D("60")
    assert statements.balance_of(cast.asha).credit == D("40")
    assert credit_by_subject() == {duplicate.pk: -60, cast.asha.pk: -40}


def credit_by_subject() -> dict[Any, Any]:
    from apps.ledger.models import JournalLine

    sums: dict[Any, Any] = {}
    for line in JournalLine.objects.filter(account__role="patient_credit"):
        sums[line.subject] = sums.get(line.subject, 0) + line.debit - line.credit
    return sums


def test_what_was_recorded_in_between_stays_with_the_survivor(cast: Cast) -> None:
    duplicate = twin(cast)
    fact = merge(cast, cast.asha, duplicate, take={"phone"})
    invoice = cast.issued("70.00", patient=duplicate)
    registration.amend(cast.asha, by=cast.bela, at=AT, phone="+91 90000 00000")
    fact = PatientMerge.objects.get(pk=fact.pk)
    assert merging.amended_since(fact) == ["phone"]
    separate(cast, fact)
    assert invoice.patient_id == cast.asha.pk
    assert Patient.objects.get(pk=cast.asha.pk).phone == "+91 90000 00000"


def test_a_visit_that_stands_on_the_duplicate_goes_on_and_is_billed_there(cast: Cast) -> None:
    visit = in_session(cast)
    survivor = twin(cast)
    merge(cast, survivor, cast.asha)
    attendance.complete(visit, by=visit.provider.user, at=AT)
    (invoice,) = Invoice.objects.for_patient(survivor)
    assert invoice.patient_id == cast.asha.pk
    assert list(Appointment.objects.of_patient(survivor)) == [visit]
    paid = payments.receive(survivor, method="cash", amount="10.00", by=cast.carl, at=AT, credit_consent=True)
    assert paid.patient_id == survivor.pk


def test_nothing_new_is_written_on_a_merged_record(cast: Cast) -> None:
    visit = in_session(cast)
    survivor = twin(cast)
    merge(cast, survivor, cast.asha)
    with pytest.raises(NotBookable, match=survivor.number):
        booking.book(
            patient=cast.asha,
            provider=visit.provider,
            appointment_type=visit.appointment_type,
            starts_at=AT + timedelta(hours=2),
            by=visit.provider.user,
            at=AT,
        )
    with pytest.raises(registration.Merged):
        registration.amend(cast.asha, by=cast.bela, at=AT, notes="New")
    with pytest.raises(registration.Merged):
        registration.restore(cast.asha, by=cast.bela, at=AT)
    booking.book(
        patient=survivor,
        provider=visit.provider,
        appointment_type=visit.appointment_type,
        starts_at=AT + timedelta(hours=3),
        by=visit.provider.user,
        at=AT,
    )
    for attack in (
        "UPDATE scheduling_appointment SET patient_id = %(merged)s WHERE patient_id <> %(merged)s",
        "INSERT INTO billing_invoice (id, patient_id, source, source_reference, number, currency, decimals, created_at,"
        " created_by_id, net, tax, total, applied, refunded)"
        " SELECT gen_random_uuid(), %(merged)s, 'desk', '', '', 'INR', 2, now(), %(by)s, 0, 0, 0, 0, 0",
        "INSERT INTO billing_payment (id, number, patient_id, method, amount, currency, reference, source_reference,"
        " failure, received_on, created_at, created_by_id, applied, refunded)"
        " SELECT gen_random_uuid(), '', %(merged)s, 'cash', 1, 'INR', '', '', '', now(), now(), %(by)s, 0, 0",
    ):
        with pytest.raises(DatabaseError, match="was merged into"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack, {"merged": cast.asha.pk, "by": cast.bela.pk})


def test_chains_are_flat_and_undone_link_by_link(cast: Cast) -> None:
    b, c = twin(cast), twin(cast, given_name="Asha B.")
    first = merge(cast, b, cast.asha)
    second = merge(cast, c, b)
    assert set(records_of(cast.asha)) == {cast.asha.pk, b.pk, c.pk}
    assert set(Patient.objects.merged().values_list("merged_into", flat=True)) == {c.pk}
    with pytest.raises(merging.LaterMergeStands, match=c.number):
        separate(cast, first)
    with pytest.raises(merging.NotInUse, match=c.number):
        merge(cast, cast.asha, c)
    separate(cast, second)
    assert set(records_of(cast.asha)) == {cast.asha.pk, b.pk}
    assert set(records_of(c)) == {c.pk}
    separate(cast, first)
    assert Patient.objects.merged().count() == 0
    with pytest.raises(merging.AlreadySeparated):
        separate(cast, first)


def test_an_earlier_merge_is_undone_freely_unless_a_later_one_changed_the_same_details(cast: Cast) -> None:
    b, c, d = twin(cast, phone="+91 1111111111"), twin(cast, phone="+91 2222222222"), twin(cast, email="a@b.example")
    first = merge(cast, cast.asha, b, take={"phone"})
    merge(cast, cast.asha, d, take={"email"}, at=AT + timedelta(minutes=1))
    third = merge(cast, cast.asha, c, take={"phone"}, at=AT + timedelta(minutes=2))
    with pytest.raises(merging.LaterMergeStands, match=c.number):
        separate(cast, first)
    separate(cast, third)
    separate(cast, first)
    asha = Patient.objects.get(pk=cast.asha.pk)
    assert (asha.phone, asha.email) == ("", "a@b.example")


def test_a_national_id_moves_over_and_back_and_is_nobody_elses(cast: Cast) -> None:
    duplicate = twin(cast, national_id="1234 5678")
    fact = merge(cast, cast.asha, duplicate)
    with pytest.raises(registration.NationalIdTaken):
        registration.register(by=cast.bela, at=AT, given_name="Other", national_id="12345678")
    registration.amend(cast.asha, by=cast.bela, at=AT, national_id="12345678")  # her own
    with pytest.raises(registration.NationalIdTaken):
        separate(cast, fact)
    registration.amend(cast.asha, by=cast.bela, at=AT, national_id="")
    separate(cast, fact)
    assert Patient.objects.get(pk=duplicate.pk).is_active


def test_refusals_in_words(cast: Cast) -> None:
    duplicate = twin(cast)
    for wrong, refusal in (
        ({"reason": "  "}, registration.ReasonMissing),
        ({"reason": "x" * 301}, registration.ReasonMissing),
        ({"versions": (1, 7)}, registration.ChangedMeanwhile),
    ):
        with pytest.raises(refusal):
            merge(cast, cast.asha, duplicate, **wrong)
    with pytest.raises(merging.SameRecord):
        merge(cast, cast.asha, cast.asha)
    with pytest.raises(TypeError):
        merge(cast, cast.asha, duplicate, take={"is_vip"})
    registration.deactivate(cast.asha, by=cast.bela, at=AT, reason="Moved")
    with pytest.raises(registration.NotActive, match=cast.asha.number):
        merge(cast, cast.asha, duplicate)
    fact = merge(cast, duplicate, cast.asha)  # a deactivated record may be merged, and comes back deactivated
    separate(cast, fact)
    asha = Patient.objects.get(pk=cast.asha.pk)
    assert (asha.is_active, asha.deactivated_reason) == (False, "Moved")


def test_the_trail_tells_who_merged_whom(cast: Cast) -> None:
    duplicate = twin(cast)
    cast.bela.act()
    fact = merge(cast, cast.asha, duplicate)
    event = AuditEvent.objects.filter(table_name="patients_patient", action="update").latest("id")
    assert event.patient_id == duplicate.pk
    assert "merged_into_id" in event.changed
    assert AuditEvent.objects.filter(table_name="patients_patientmerge", row_id=str(fact.pk), action="create").exists()
    assert "Twice" not in str(AuditEvent.objects.filter(table_name="patients_patientmerge").values("new")[0])


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE patients_patient SET merged_into_id = id, is_active = false WHERE id = %(b)s",
        "UPDATE patients_patient SET merged_into_id = %(c)s WHERE id = %(b)s",  # still active
        "UPDATE patients_patient SET merged_into_id = %(a)s WHERE id = %(c)s",  # a is merged itself
        "UPDATE patients_patient SET merged_into_id = %(c)s WHERE id = %(b)s",  # a is merged into b
        "UPDATE patients_patient SET is_active = true WHERE id = %(a)s",
        "UPDATE patients_patient SET merged_into_id = NULL WHERE id = %(a)s",  # the merge stands
        "UPDATE patients_patient SET merged_into_id = %(c)s WHERE id = %(d)s",  # without a merge
        "DELETE FROM patients_patientmerge",
        "UPDATE patients_patientmerge SET survivor_id = %(c)s",
        "DELETE FROM patients_patient WHERE id = %(a)s",
    ],
)
def test_the_database_refuses_what_must_not_be(cast: Cast, attack: str) -> None:
    b, c, d = twin(cast), twin(cast), twin(cast)
    registration.deactivate(d, by=cast.bela, at=AT, reason="Moved")
    merge(cast, b, cast.asha)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack, {"a": cast.asha.pk, "b": b.pk, "c": c.pk, "d": d.pk})
        check_now()
