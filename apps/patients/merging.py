"""Two records of one person become one, and are taken apart again. Nothing is lost either way.

What hangs on a record (visits, invoices, payments, allergies) stays on it; lists ask for all records of the person
(`persons.records_of`). Merging therefore changes two rows of Patient and adds one of PatientMerge, and taking apart
changes those two rows back.

Lock order: all records of the two by id, FOR UPDATE, which waits for everybody who is writing something for them.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.refusals import Conflict, Refusal
from apps.patients import registration
from apps.patients.details import checked
from apps.patients.models import Patient, PatientMerge, PatientSeparation, persons_of
from apps.patients.signals import records_merged, records_separated

# What may be chosen from either record. The flags are not: the stricter one stays.
CHOICES = (
    *("given_name", "middle_name", "family_name", "preferred_name", "sex", "birth_date", "preferred_language"),
    *("phone", "other_phone", "email", "address", "city", "state", "postal_code", "country"),
    *("emergency_name", "emergency_relationship", "emergency_phone", "national_id", "blood_group", "notes"),
)
STATE = ("is_active", "deactivated_at", "deactivated_by", "deactivated_reason", "merged_into")


class SameRecord(Refusal):
    code = "same_record"
    message = gettext_lazy("These are one record already.")


class NotInUse(Conflict):
    """One of them was merged before, perhaps by somebody else a moment ago."""

    code = "record_not_in_use"


class AlreadySeparated(Conflict):
    code = "already_separated"
    message = gettext_lazy("These records have been taken apart already.")


class LaterMergeStands(Conflict):
    """What a later merge built on this one is undone first."""

    code = "later_merge_stands"


def merge(
    survivor: Patient,
    duplicate: Patient,
    *,
    take: Collection[str] = (),
    by: User,
    at: datetime,
    reason: str,
    versions: tuple[int, int] | None = None,
) -> PatientMerge:
    """`duplicate` becomes part of `survivor`, whose number is used from now on.

    `take` names the details that are taken from the duplicate; all others stay as the survivor has them. Who is a VIP
    or blocked on either record is so on the survivor. `versions` are those that the person compared, survivor first.
    Records that were merged into the duplicate come along.

    Raises SameRecord, NotInUse, NotActive, ChangedMeanwhile, ReasonMissing, BadDetails, and what a department raises
    that cannot follow.
    """
    reason = _worded(reason)
    if unknown := set(take) - set(CHOICES):
        raise TypeError(f"Not to be chosen: {', '.join(sorted(unknown))}.")
    if survivor.pk == duplicate.pk:
        raise SameRecord
    with transaction.atomic():
        survivor, duplicate = _locked(survivor.pk, duplicate.pk)
        _refuse_unusable(survivor, duplicate)
        if versions is not None and versions != (survivor.version, duplicate.version):
            raise registration.ChangedMeanwhile(
                _("Somebody changed one of these records while you were comparing. Look at both again.")
            )
        after = _chosen(survivor, duplicate, take, today=_today(at))
        before = {name: getattr(survivor, name) for name in after}
        was_active = duplicate.is_active
        _retire(duplicate, survivor, by=by, at=at)
        _write(survivor, after)
        fact = PatientMerge.objects.create(
            survivor=survivor,
            duplicate=duplicate,
            before=_as_json(before),
            after=_as_json(after),
            duplicate_was_active=was_active,
            reason=reason,
            merged_at=at,
            merged_by=by,
        )
        records_merged.send(Patient, survivor=survivor, duplicate=duplicate, by=by, at=at)
    return fact


def separate(merge: PatientMerge, *, by: User, at: datetime, reason: str) -> PatientSeparation:
    """Undo a merge: the duplicate is as it was before, and so are the survivor's details, but for those that somebody
    has amended since. What was recorded in between stays with the survivor.

    Raises AlreadySeparated, LaterMergeStands, ReasonMissing, NationalIdTaken, and what a department raises where the
    two can no longer be told apart.
    """
    reason = _worded(reason)
    with transaction.atomic():
        survivor, duplicate = _locked(merge.survivor_id, merge.duplicate_id)
        _refuse_inseparable(merge, survivor)
        after = _from_json(merge.after)
        untouched = {name: value for name, value in after.items() if getattr(survivor, name) == value}
        before = _from_json(merge.before)
        _write(survivor, {name: before[name] for name in untouched})
        leaving = _merged_below(duplicate)
        _bring_back(duplicate, leaving, as_active=merge.duplicate_was_active)
        fact = PatientSeparation.objects.create(merge=merge, reason=reason, separated_at=at, separated_by=by)
        records_separated.send(
            Patient, survivor=survivor, duplicate=duplicate, leaving={duplicate.pk, *leaving}, by=by, at=at
        )
    return fact


def amended_since(merge: PatientMerge) -> list[str]:
    """The details that this merge chose and somebody has amended since: taking apart leaves them as they are."""
    return [name for name, value in _from_json(merge.after).items() if getattr(merge.survivor, name) != value]


def stricter_flags(survivor: Patient, duplicate: Patient) -> dict[str, Any]:
    """What the survivor's flags become where the duplicate's are stricter."""
    stricter: dict[str, Any] = {}
    if duplicate.is_vip and not survivor.is_vip:
        stricter["is_vip"] = True
    if duplicate.is_blocked and not survivor.is_blocked:
        stricter |= {"is_blocked": True, "blocked_reason": duplicate.blocked_reason}
    return stricter


def _locked(survivor: UUID, duplicate: UUID) -> tuple[Patient, Patient]:
    """Both persons with all their records, in one order: those that were merged before are written as well."""
    records = set(persons_of([survivor, duplicate]))
    rows = {
        patient.pk: patient for patient in Patient.objects.select_for_update().filter(pk__in=records).order_by("pk")
    }
    if set(persons_of([survivor, duplicate])) - records:
        raise NotInUse(_("Somebody has just merged one of these. Look again."))
    return rows[survivor], rows[duplicate]


def _refuse_unusable(survivor: Patient, duplicate: Patient) -> None:
    for patient in (survivor, duplicate):
        if patient.merged_into_id is not None:
            into = Patient.objects.values_list("number", flat=True).get(pk=patient.merged_into_id)
            raise NotInUse(
                _("%(number)s was merged into %(into)s already.") % {"number": patient.number, "into": into},
                details={"patient": str(patient.pk), "merged_into": str(patient.merged_into_id)},
            )
    if not survivor.is_active:
        raise registration.NotActive(
            _("%(number)s is deactivated: restore it first, or let the other record stay.")
            % {"number": survivor.number}
        )


def _chosen(survivor: Patient, duplicate: Patient, take: Collection[str], *, today: date) -> dict[str, Any]:
    """What changes on the survivor."""
    wanted = {name: getattr(duplicate, name) for name in take}
    checked({**wanted, **stricter_flags(survivor, duplicate)}, today=today, of=survivor)  # may they stand together?
    if "birth_date" in wanted:
        wanted["birth_date_estimated"] = duplicate.birth_date_estimated
    wanted |= stricter_flags(survivor, duplicate)
    return {name: value for name, value in wanted.items() if getattr(survivor, name) != value}


def _retire(duplicate: Patient, survivor: Patient, *, by: User, at: datetime) -> None:
    Patient.objects.filter(merged_into=duplicate).update(merged_into=survivor)
    duplicate.merged_into = survivor
    if duplicate.is_active:
        duplicate.is_active, duplicate.deactivated_at, duplicate.deactivated_by = False, at, by
        duplicate.deactivated_reason = _("Merged into %(number)s") % {"number": survivor.number}
    duplicate.save(update_fields=STATE)


def _bring_back(duplicate: Patient, leaving: Collection[UUID], *, as_active: bool) -> None:
    duplicate.merged_into = None
    duplicate.save(update_fields=["merged_into"])
    Patient.objects.filter(pk__in=leaving).update(merged_into=duplicate)
    if as_active:
        duplicate.is_active, duplicate.deactivated_at, duplicate.deactivated_by = True, None, None
        duplicate.deactivated_reason = ""
        registration.refuse_taken_national_id(duplicate)
        duplicate.save(update_fields=STATE)


def _write(survivor: Patient, values: dict[str, Any]) -> None:
    """The version moves on, never back: whoever has the form open from before is told so."""
    if not values:
        return
    for name, value in values.items():
        setattr(survivor, name, value)
    indexed = {column for column, names in registration.INDEXED.items() if names & set(values)}
    registration.index_for_search(survivor, indexed)
    if "national_id_token" in indexed:
        registration.refuse_taken_national_id(survivor)
    survivor.version += 1
    survivor.save(update_fields=[*values, *indexed, "version"])


def _refuse_inseparable(merge: PatientMerge, survivor: Patient) -> None:
    if PatientSeparation.objects.filter(merge=merge).exists():
        raise AlreadySeparated
    if survivor.merged_into_id is not None:
        into = Patient.objects.values_list("number", flat=True).get(pk=survivor.merged_into_id)
        raise LaterMergeStands(
            _("%(number)s was merged into %(into)s since: take those apart first.")
            % {"number": survivor.number, "into": into}
        )
    later = PatientMerge.objects.standing().filter(survivor=survivor, merged_at__gte=merge.merged_at)
    for other in later.exclude(pk=merge.pk).select_related("duplicate"):
        if set(other.after) & set(merge.after):
            raise LaterMergeStands(
                _("%(number)s was merged here later and changed the same details: take it apart first.")
                % {"number": other.duplicate.number}
            )


def _merged_below(record: Patient) -> list[UUID]:
    """The records that had been merged into this one before it was merged itself, and theirs."""
    standing: dict[UUID, list[UUID]] = {}
    family = Patient.objects.filter(merged_into=record.merged_into_id).values("pk")
    for into, merged in (
        PatientMerge.objects.standing().filter(duplicate__in=family).values_list("survivor_id", "duplicate_id")
    ):
        standing.setdefault(into, []).append(merged)
    found: list[UUID] = []
    waiting = [record.pk]
    while waiting:
        below = standing.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _as_json(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _from_json(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: date.fromisoformat(value) if name == "birth_date" and value else value for name, value in values.items()
    }


def _worded(reason: str) -> str:
    reason = " ".join(reason.split())
    if not reason:
        raise registration.ReasonMissing
    if len(reason) > 300:
        raise registration.ReasonMissing(_("Say it in 300 letters or less."))
    return reason


def _today(at: datetime) -> date:
    return day_of(at, profile.current().zone)


def differing(one: Patient, other: Patient) -> Iterable[str]:
    """The details that may be chosen and are not the same on both."""
    return [name for name in CHOICES if getattr(one, name) != getattr(other, name)]
