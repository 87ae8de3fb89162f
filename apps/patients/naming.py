"""What patients are called, for those who know them only by id (the trail, the books)."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.audit.reads import record_reads
from apps.core.blind_index import plain_figures
from apps.core.naming import Name
from apps.patients.models import Patient
from apps.patients.models.persons import records_of


def name_patients(ids: set[UUID], reader: Any) -> Mapping[UUID, Name]:
    """Patients by number; by name too for whoever may see patients, and then it is a reading."""
    if not reader.has_perm("patients.view_patient"):
        numbers = Patient.objects.filter(pk__in=ids).values_list("pk", "number")
        return {pk: Name(number) for pk, number in numbers}
    record_reads(ids, "name")
    named = Patient.objects.filter(pk__in=ids).only("number", "given_name", "middle_name", "family_name")
    return {
        patient.pk: Name(patient.number, reverse("patients:patient", args=[patient.pk]), patient.full_name)
        for patient in named
    }


def number_patients(ids: set[UUID], reader: Any) -> Mapping[UUID, Name]:
    """By number alone, which tells nobody who it is: for long lists, whose every look would otherwise be a reading."""
    may_see = reader.has_perm("patients.view_patient")
    return {
        pk: Name(number, reverse("patients:patient", args=[pk]) if may_see else "")
        for pk, number in Patient.objects.filter(pk__in=ids).values_list("pk", "number")
    }


def find_by_number(text: str, reader: Any) -> Iterable[UUID]:
    """By number only: what is typed here stands in an address, where names have no place. All records of the person."""
    numbered = Patient.objects.filter(number__iexact=plain_figures(text)).first()
    return records_of(numbered) if numbered else []
