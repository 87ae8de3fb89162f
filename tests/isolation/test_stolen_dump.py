"""Whoever steals a dump of the database holds nobody's name (ARCHITECTURE §5)."""

from datetime import date

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from apps.billing import invoicing
from apps.billing.paying import payments
from apps.clinic import profile
from apps.core.sealed import SealBroken, Sealed
from apps.outbox import outbox
from apps.patients import registration
from apps.patients.models import Patient
from apps.scheduling import attendance, booking
from tests.scheduling.scene import make_scene

SECRETS = {
    "given_name": "Quillonia",
    "family_name": "Zwartveger",
    "phone": "+91 98199 77331",
    "email": "quillonia@secret.example",
    "address_line": "77 Hidden Lane",
    "national_id": "ZQ-7733-1199",
    "notes": "Afraid of xylophones",
    "birth_date": date(1931, 7, 29),
}
TRACES = ["quillonia", "zwartveger", "9819977331", "98199 77331", "hidden lane", "zq-7733", "zq77331199"]
TRACES += ["xylophone", "1931-07-29", "migraine since tuesday", "came by ambulance"]


def a_whole_visit(clinic):
    """Everything that writes words about a patient: registration, booking, visit, invoice, payment, message."""
    scene = make_scene(clinic_zone())
    known = {field.name for field in Patient._meta.get_fields()}
    details = {name: value for name, value in SECRETS.items() if name in known}
    assert len(details) >= 7, f"the patient's fields have other names now: {known}"
    patient = registration.register(by=scene.dora, at=scene.at, **details)
    appointment = booking.book(
        patient=patient,
        provider=scene.dr_rao,
        appointment_type=scene.visit,
        starts_at=scene.when("10:00"),
        reason="Migraine since Tuesday",
        notes="Came by ambulance",
        by=scene.dora,
        at=scene.at,
    )
    attendance.arrive(appointment, by=scene.dora, at=scene.when("09:55"))
    attendance.start(appointment, by=scene.rao, at=scene.when("10:00"))
    attendance.complete(appointment, by=scene.rao, at=scene.when("10:30"))
    invoice = patient.invoices.get()
    invoicing.issue(invoice, by=scene.ada, at=scene.when("10:31"))
    payments.receive(patient, method="cash", amount="100", by=scene.ada, at=scene.when("10:32"))
    registration.amend(patient, by=scene.dora, at=scene.when("10:33"), notes="Still afraid of xylophones")
    outbox.put("email", {"to": SECRETS["email"], "subject": "Dear Quillonia", "text": "Zwartveger"})
    return patient


def clinic_zone():
    return profile.current().zone


def dump(server, schema):
    """Every row of every table of a schema as text, binary columns also as the bytes that they are."""
    tables = server.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema]).fetchall()
    for (table,) in tables:
        for (row,) in server.execute(f'SELECT t::text FROM "{schema}"."{table}" t'):
            yield table, row.lower()
        columns = server.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND atttypid = 'bytea'::regtype"
            " AND NOT attisdropped",
            [f'"{schema}"."{table}"'],
        ).fetchall()
        for (column,) in columns:
            for (data,) in server.execute(f'SELECT "{column}" FROM "{schema}"."{table}" WHERE "{column}" IS NOT NULL'):
                yield f"{table}.{column}", data.decode("latin-1").lower()


def test_no_name_number_or_word_of_a_patient_stands_in_a_dump(throw_away, riverside, as_superuser):
    with riverside.inside():
        patient = a_whole_visit(riverside)
    with as_superuser() as server:
        rows = list(dump(server, riverside.schema)) + list(dump(server, "public"))
    assert len({table for table, _ in rows}) > 20
    found = {(table, trace) for table, row in rows for trace in TRACES if trace in row}
    assert found == set()
    with riverside.inside():
        again = Patient.objects.get(pk=patient.pk)
        assert (again.given_name, again.family_name) == ("Quillonia", "Zwartveger")


def test_a_row_carried_to_another_clinic_does_not_open(throw_away, riverside, lakeside, as_superuser):
    """Even a database owner who takes the tripwire down carries only noise across."""
    with riverside.inside():
        patient = registration.register(by=make_scene(clinic_zone()).dora, at=timezone.now(), given_name="Quillonia")
    columns = [field.column for field in Patient._meta.concrete_fields if field.column != "tenant_id"]
    names = ", ".join(f'"{column}"' for column in columns)
    with as_superuser() as server:
        server.execute(f"ALTER TABLE {lakeside.schema}.patients_patient DISABLE TRIGGER ALL")
        server.execute(
            f"INSERT INTO {lakeside.schema}.patients_patient ({names}) SELECT {names} FROM"
            f" {riverside.schema}.patients_patient WHERE id = %s",
            [patient.pk],
        )
    with lakeside.inside():
        stolen = Patient.objects.get(pk=patient.pk)
        held = stolen.__dict__["given_name"]
        assert isinstance(held, Sealed)
        with pytest.raises(SealBroken) as refusal:
            str(stolen.given_name)
        assert "Quillonia" not in str(refusal.value)


def test_the_app_role_cannot_dump_another_clinic(riverside, lakeside):
    theft = f"COPY {lakeside.schema}.patients_patient TO STDOUT"
    with (
        riverside.inside(),
        pytest.raises(ProgrammingError) as denied,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(theft)
    assert isinstance(denied.value.__cause__, psycopg.errors.InsufficientPrivilege)
