"""Register a patient, amend what is known, deactivate and restore. Nobody is ever deleted."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.core import blind_index
from apps.core.clock import day_of
from apps.core.numbering import next_number
from apps.core.refusals import Conflict, Refusal
from apps.patients import duplicates
from apps.patients.details import checked
from apps.patients.models import NUMBER_SERIES, Patient
from apps.patients.models.persons import records_of
from apps.patients.signals import patient_deactivated, patient_registered

# Ranking needs days, not seconds; every change of the row costs its place in all indexes.
ACTIVITY_STEP = timedelta(hours=12)
INDEXED = {
    "name_tokens": {"given_name", "middle_name", "family_name", "preferred_name"},
    "phone_tokens": {"phone", "other_phone"},
    "birth_token": {"birth_date", "birth_date_estimated"},
    "national_id_token": {"national_id"},
}


class LikelyDuplicate(Conflict):
    """People who may be the same person are known already. `duplicates` says who and why."""

    code = "likely_duplicate"
    message = _("This may be somebody whom the clinic knows already. Compare before registering them again.")

    def __init__(self, found: list["duplicates.Duplicate"]) -> None:
        super().__init__(details={"duplicates": [str(duplicate.patient.pk) for duplicate in found]})
        self.duplicates = found


class NationalIdTaken(Conflict):
    code = "national_id_taken"
    field = "national_id"
    message = _("Another patient has this national id.")


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"
    message = _(
        "Somebody else changed this patient while you were editing. Look at what they changed, then save again."
    )


class NotActive(Conflict):
    code = "patient_not_active"
    message = _("This patient is deactivated. Restore them first.")


class Merged(NotActive):
    """The record became part of another: what is new belongs there."""

    code = "patient_merged"
    message = _("This record was merged into another. Take them apart first, or go on with the other.")


class AlreadyActive(Conflict):
    code = "patient_active"
    message = _("This patient is active already.")


class ReasonMissing(Refusal):
    code = "reason_missing"
    field = "reason"
    message = _("Say why.")


def register(
    *,
    by: User | None,
    at: datetime,
    refuse_duplicates: bool = False,
    compared: Collection[UUID] = (),
    **details: Any,
) -> Patient:
    """Write a new person into the register and give them a number (PAT-2026-00001).

    `details` are the fields of Patient that people fill in; `age` may stand for `birth_date`. With
    `refuse_duplicates` nobody who looks known is registered: whoever has compared them asks again without it, or
    names those whom they have `compared`, and is shown who has come since.
    Raises BadDetails, NationalIdTaken, LikelyDuplicate.
    """
    today = _today(at)
    with transaction.atomic():
        patient = Patient(
            **checked({"given_name": "", **details}, today=today),
            registered_at=at,
            registered_by=by,
            last_activity_at=at,
        )
        index_for_search(patient)
        refuse_taken_national_id(patient)
        # Whoever registers somebody at this moment waits here for the other, and then sees whom they have registered.
        patient.number = next_number(NUMBER_SERIES, on=today)
        if refuse_duplicates:
            found = duplicates.compare(details, today=today)
            if {duplicate.patient.pk for duplicate in found} - set(compared):
                raise LikelyDuplicate(found)
        with _once_by_national_id():
            patient.save(force_insert=True)
        patient_registered.send(Patient, patient=patient, by=by, at=at)
    return patient


def amend(patient: Patient, *, by: User, at: datetime, version: int | None = None, **changes: Any) -> Patient:
    """Correct or complete what is known. `version` is that of the patient whom the person was looking at.

    Raises Merged, NotActive, ChangedMeanwhile, BadDetails, NationalIdTaken.
    """
    with transaction.atomic():
        patient = _locked(patient)
        refuse_inactive(patient)
        if version is not None and version != patient.version:
            raise ChangedMeanwhile
        tidy = checked(changes, today=_today(at), of=patient)
        changed = {name for name, value in tidy.items() if getattr(patient, name) != value}
        if not changed:
            return patient
        for name in changed:
            setattr(patient, name, tidy[name])
        indexed = {column for column, names in INDEXED.items() if names & changed}
        index_for_search(patient, indexed)
        if "national_id" in changed:
            refuse_taken_national_id(patient)
        patient.version += 1
        patient.last_activity_at = max(at, patient.last_activity_at)
        with _once_by_national_id():
            patient.save(update_fields=sorted({*changed, *indexed, "version", "last_activity_at"}))
    return patient


def deactivate(patient: Patient, *, by: User, at: datetime, reason: str) -> Patient:
    """Take a patient out of the lists: registered twice, moved away, died. Their records stay.

    Raises NotActive, ReasonMissing, and whatever a department raises that still expects them.
    """
    reason = " ".join(reason.split())
    with transaction.atomic():
        patient = _locked(patient)
        if not patient.is_active:
            raise NotActive(_("This patient is deactivated already."))
        if not reason:
            raise ReasonMissing
        if len(reason) > 300:
            raise ReasonMissing(_("Say it in 300 letters or less."))
        patient.is_active, patient.deactivated_at, patient.deactivated_by = False, at, by
        patient.deactivated_reason = reason
        patient.version += 1
        patient.save(update_fields=["is_active", "deactivated_at", "deactivated_by", "deactivated_reason", "version"])
        patient_deactivated.send(Patient, patient=patient, by=by, at=at)
    return patient


def refuse_inactive(patient: Patient) -> None:
    """Nothing new is written for who is deactivated, nor on a record that is part of another. Raises NotActive, Merged.
    Lock the patient first."""
    if patient.merged_into_id is not None:
        raise Merged
    if not patient.is_active:
        raise NotActive


def restore(patient: Patient, *, by: User, at: datetime) -> Patient:
    """Undo a deactivation. Raises AlreadyActive, Merged, NationalIdTaken."""
    with transaction.atomic():
        patient = _locked(patient)
        if patient.is_active:
            raise AlreadyActive
        if patient.merged_into_id is not None:
            raise Merged
        refuse_taken_national_id(patient)
        patient.is_active, patient.deactivated_at, patient.deactivated_by = True, None, None
        patient.deactivated_reason = ""
        patient.version += 1
        patient.last_activity_at = max(at, patient.last_activity_at)
        patient.save(
            update_fields=[
                "is_active",
                "deactivated_at",
                "deactivated_by",
                "deactivated_reason",
                "version",
                "last_activity_at",
            ]
        )
    return patient


def note_activity(patient: Patient, *, at: datetime) -> None:
    """The patient was dealt with: they rank higher when names are searched. For the departments above."""
    known = patient.__dict__.get("last_activity_at")  # absent where it was not read
    if known is not None and known >= at - ACTIVITY_STEP:  # it only ever rises
        return
    stale = Patient.objects.filter(pk=patient.pk, last_activity_at__lt=at - ACTIVITY_STEP)
    stale.update(last_activity_at=at)


def index_for_search(patient: Patient, columns: set[str] | None = None) -> None:
    """Work out the blind tokens by which the patient is found, before the row is saved."""
    for column in INDEXED if columns is None else columns:
        setattr(patient, column, _TOKENS[column](patient))
    if columns is None:
        patient.indexed_as = blind_index.WAY


def _locked(patient: Patient) -> Patient:
    return Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)


def _today(at: datetime) -> date:
    return day_of(at, profile.current().zone)


def _birth_token(patient: Patient) -> int | None:
    known = patient.birth_date and not patient.birth_date_estimated
    return blind_index.birth_token(patient.birth_date) if known else None


_TOKENS: dict[str, Any] = {
    "name_tokens": lambda patient: blind_index.name_tokens(
        patient.given_name, patient.middle_name, patient.family_name, patient.preferred_name
    ),
    "phone_tokens": lambda patient: blind_index.phone_tokens(patient.phone, patient.other_phone),
    "birth_token": _birth_token,
    "national_id_token": lambda patient: (
        blind_index.national_id_token(patient.national_id) if patient.national_id else None
    ),
}


def refuse_taken_national_id(patient: Patient) -> None:
    """Nobody else has it, neither on a record in use nor on one that was merged into theirs. Raises NationalIdTaken."""
    if patient.national_id_token is None:
        return
    others = Patient.objects.filter(Q(is_active=True) | Q(merged_into__isnull=False)).exclude(pk=patient.pk)
    others = others.exclude(pk__in=records_of(patient))
    if other := others.filter(national_id_token=patient.national_id_token).first():
        raise NationalIdTaken(details={"patient": str(other.pk), "number": other.number})


@contextmanager
def _once_by_national_id() -> Iterator[None]:
    """Two desks that register the same person at the same moment: the database lets one of them through."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "patient_national_id_once" in str(error):
            raise NationalIdTaken from None
        raise
