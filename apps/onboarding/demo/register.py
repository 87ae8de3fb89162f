"""The register's part of the demo: people who were registered twice, one pair merged, and a file to be confirmed."""

from datetime import datetime

from apps.accounts import roles
from apps.accounts.models import User
from apps.onboarding.demo.plan import Plan
from apps.patients import merging, registration, review
from apps.patients.files import importing
from apps.patients.models import Patient

TWICE = 6
FILE = """First name;Last name;Date of birth;Sex;Mobile;City
Ingrid;Sørensen;14/02/1979;F;+45 20 12 34 56;Aarhus
Tomás;Ruiz;31/02/1984;M;+34 600 123 456;Málaga
Wanjiru;Mwangi;03/11/1992;F;=2+2;Nairobi
Pierre;Lefèvre;22/07/1961;M;+33 6 12 34 56 78;Lyon
{known};;;
"""


def fill_register(plan: Plan, at: datetime) -> None:
    """Duplicates to review, one merge that can be undone, one import that waits for a yes."""
    admin = User.objects.get(email=plan.whoever(roles.CLINIC_ADMIN).email)
    admin.act()
    first = list(Patient.objects.active().filter(birth_date__isnull=False).order_by("number")[:TWICE])
    again = [_registered_again(person, admin, at) for person in first]
    merging.merge(first[0], again[0], take={"email"}, by=admin, at=at, reason="Registered twice by phone")
    review.ask_for_all(at=at)
    while not review.compare_step(at=at):
        pass
    known = ";".join((first[1].given_name, first[1].family_name, f"{first[1].birth_date:%d/%m/%Y}"))
    file = importing.upload(FILE.format(known=known).encode(), file_name="old system.csv", by=admin, at=at)
    importing.check(file, mapping=file.mapping, date_order="dmy", on_duplicate="skip", at=at)


def _registered_again(person: Patient, admin: User, at: datetime) -> Patient:
    """As a hurried desk writes it down the second time: without the middle name, with a slip of one letter."""
    return registration.register(
        by=admin,
        at=at,
        given_name=person.given_name,
        family_name=person.family_name[:-1] + person.family_name[-1] * 2 if person.family_name else "",
        sex=person.sex,
        birth_date=person.birth_date,
        phone=person.phone,
        email="second@mail.example",
        notes="Came with a neighbour.",
    )
