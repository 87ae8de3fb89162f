"""One person may have several records: those that were merged stay where they are, with all that hangs on them.

Nothing is moved or rewritten when records are merged. Instead every list of a patient's rows asks for all records of
the person::

    class AppointmentQuerySet(models.QuerySet["Appointment"]):
        def of_patient(self, patient: Patient) -> Self:
            return self.filter(patient__in=records_of(patient))

which is a subselect on two indexes in the same statement. Lists for several patients at once ask `persons_of` and
group by what it answers.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.core.prepared import prepared
from apps.core.references import was_just_read
from apps.patients.models.patient import Patient


def records_of(patient: Patient | UUID) -> QuerySet[Patient, UUID]:
    """The ids of all records of a person, whichever of them is named: for `filter(patient__in=…)`, in one statement."""
    record = patient.pk if isinstance(patient, Patient) else patient
    used = Subquery(Patient.objects.filter(pk=record).values(used=Coalesce("merged_into", "pk")))
    return Patient.objects.filter(Q(pk=used) | Q(merged_into=used)).order_by().values_list("pk", flat=True)


def persons_of(records: Collection[UUID]) -> dict[UUID, UUID]:
    """For every record of these persons, the ones named included, the record in use: one query."""
    used = Patient.objects.filter(pk__in=records).values(used=Coalesce("merged_into", "pk"))
    theirs = Patient.objects.order_by().values_list("pk", Coalesce("merged_into", "pk"))
    # Two look-ups by index: with OR, PostgreSQL reads the whole register.
    return dict(theirs.filter(pk__in=used).union(theirs.filter(merged_into__in=used), all=True))


@prepared
def _merged_into(*, record: Any) -> QuerySet[Patient, UUID | None]:
    return Patient.objects.filter(pk=record).order_by().values_list("merged_into", flat=True)


def in_use(patient: Patient) -> Patient:
    """The record that is used for this person now: it itself, unless it was merged, perhaps a moment ago."""
    if was_just_read(patient) and "merged_into_id" in vars(patient):
        into = patient.merged_into_id
    else:
        into = _merged_into.first(record=patient.pk)
    return patient if into is None else Patient.objects.get(pk=into)
