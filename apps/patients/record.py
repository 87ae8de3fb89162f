"""Enter, amend, end and strike what is known of a patient: allergies, conditions, medication, flags, coverage.

One set of rules for all of them; what an entry may say is for its model. Nothing is deleted: what was entered in error
is struck, with a reason, and stays in the history.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.refusals import Conflict
from apps.patients.details import BadDetails, Words
from apps.patients.models import (
    Allergy,
    Condition,
    Coverage,
    Medication,
    Patient,
    PatientFlag,
    RecordChange,
    RecordEntry,
    in_use,
)
from apps.patients.models.allergies import AllergyReview
from apps.patients.models.flags import Audience
from apps.patients.models.record import Action, Kind
from apps.patients.registration import ReasonMissing, note_activity, refuse_inactive

Entry = TypeVar("Entry", bound=RecordEntry)

MODELS: dict[str, type[RecordEntry]] = {
    Kind.ALLERGY: Allergy,
    Kind.CONDITION: Condition,
    Kind.MEDICATION: Medication,
    Kind.FLAG: PatientFlag,
    Kind.COVERAGE: Coverage,
}
LONGEST_REASON = 300


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"
    message = _("Somebody else changed this entry while you were editing. Look at what they wrote, then save again.")


class Struck(Conflict):
    code = "entered_in_error"
    message = _("This was entered in error and does not change any more. Enter it anew.")


class EndedAlready(Conflict):
    code = "ended_already"
    message = _("This has ended already.")


class EnteredAlready(Conflict):
    code = "entered_already"
    message = _("This stands in the record already.")


class CoverageOverlaps(Conflict):
    code = "coverage_overlaps"
    field = "order"
    message = _("The patient has another coverage of this order at that time. End it first, or choose another order.")


class AllergiesKnown(Conflict):
    code = "allergies_known"
    message = _("The patient has active allergies. End or correct them first.")


def enter(model: type[Entry], patient: Patient, *, by: User, at: datetime, **details: Any) -> Entry:
    """Write something new into the record. Raises NotActive, BadDetails, EnteredAlready, CoverageOverlaps."""
    with transaction.atomic():
        patient = _locked(patient)
        entry = model(patient=patient, entered_by=by, entered_at=at, changed_by=by, changed_at=at)
        _fill(entry, details, at)
        _refuse_twins(entry, by=by, today=_today(at))
        with _one_coverage_at_a_time():
            entry.save(force_insert=True)
        _note(entry, Action.ENTERED, "")
        if isinstance(entry, Allergy) and entry.is_current:
            _withdraw_none_known(patient, by=by, at=at)
        note_activity(patient, at=at)
    return entry


def amend(
    entry: Entry, *, by: User, at: datetime, version: int | None = None, reason: str = "", **changes: Any
) -> Entry:
    """Correct or complete an entry. `version` is that of the entry whom the person was looking at.

    Raises NotActive, Struck, ChangedMeanwhile, BadDetails, CoverageOverlaps.
    """
    with transaction.atomic():
        fresh = _locked_entry(entry, version)
        was, was_current = fresh.snapshot(), fresh.is_current
        _fill(fresh, changes, at)
        if fresh.snapshot() == was:
            return fresh
        action = Action.AMENDED
        if fresh.is_current != was_current:
            action = Action.RESUMED if fresh.is_current else Action.ENDED
        _save(fresh, by=by, at=at)
        _note(fresh, action, _tidy_reason(reason))
        if isinstance(fresh, Allergy) and fresh.is_current:
            _withdraw_none_known(fresh.patient, by=by, at=at)
    return fresh


def end(entry: Entry, *, by: User, at: datetime, status: str = "", on: date | None = None, reason: str = "") -> Entry:
    """It is no longer so: resolved, stopped, over. Where the entry has a period it ends `on` that day, else today.

    Raises NotActive, Struck, EndedAlready, BadDetails.
    """
    today = _today(at)
    changes: dict[str, Any] = {"status": status or entry.ENDED}
    if entry.UNTIL:
        day = on or today
        changes[entry.UNTIL] = day if _holds_days(entry, entry.UNTIL) else day.isoformat()
    with transaction.atomic():
        fresh = _locked_entry(entry, None)
        if not fresh.is_current:
            raise EndedAlready
        return amend(fresh, by=by, at=at, reason=reason, **changes)


def strike(entry: Entry, *, by: User, at: datetime, reason: str) -> Entry:
    """It was entered in error: it disappears from what is known, and stays in the history with the reason.

    Raises NotActive, Struck, ReasonMissing.
    """
    reason = _tidy_reason(reason)
    if not reason:
        raise ReasonMissing
    with transaction.atomic():
        fresh = _locked_entry(entry, None)
        fresh.is_struck = True
        _save(fresh, by=by, at=at)
        _note(fresh, Action.STRUCK, reason)
    return fresh


def say_no_known_allergies(patient: Patient, *, by: User, at: datetime) -> AllergyReview:
    """The patient was asked and knows of no allergy. Raises NotActive, AllergiesKnown."""
    with transaction.atomic():
        patient = _locked(patient)
        if Allergy.objects.of_patient(patient).current().exists():
            raise AllergiesKnown
        latest: AllergyReview | None = AllergyReview.objects.of_patient(patient).first()
        if (
            latest is not None
            and latest.answer == AllergyReview.Answer.NONE_KNOWN
            and day_of(latest.at, profile.current().zone) == _today(at)
        ):
            return latest
        return AllergyReview.objects.create(patient=patient, answer=AllergyReview.Answer.NONE_KNOWN, by=by, at=at)


def history_of(entry: RecordEntry, *, clinical: bool = True) -> list[RecordChange]:
    """Every version, the newest first; without `clinical` not those of a flag that were for clinical staff only."""
    changes = RecordChange.objects.filter(kind=entry.kind, record_id=entry.pk)
    versions = list(changes.select_related("by").order_by("-version"))
    return [one for one in versions if clinical or one.snapshot.get("audience") != Audience.CLINICAL]


def _locked(patient: Patient) -> Patient:
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    refuse_inactive(patient)
    return patient


def _locked_entry(entry: Entry, version: int | None) -> Entry:
    _locked(in_use(entry.patient))
    fresh: Entry = (
        type(entry)
        ._default_manager.select_for_update(no_key=True, of=("self",))
        .select_related("patient")
        .get(pk=entry.pk)
    )
    if fresh.is_struck:
        raise Struck
    if version is not None and version != fresh.version:
        raise ChangedMeanwhile
    return fresh


def _fill(entry: RecordEntry, details: dict[str, Any], at: datetime) -> None:
    """Put the details in, tidied. Raises BadDetails with every field that is wrong."""
    if unknown := set(details) - set(entry.DETAILS):
        raise TypeError(f"A {entry.kind} has no {', '.join(sorted(unknown))}.")
    for name, value in details.items():
        setattr(entry, name, _tidy(value))
    errors: dict[str, Words] = {}
    try:
        entry.clean_fields()
    except ValidationError as error:
        errors = {name: found[0].messages[0] for name, found in error.error_dict.items()}
    if not errors:
        errors = dict(entry.wrong(_today(at)))
    if errors:
        raise BadDetails(errors)


def _tidy(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if "\x00" in value:
        return value.replace("\x00", "")
    return "\n".join(" ".join(line.split()) for line in value.strip().splitlines())


def _tidy_reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if len(reason) > LONGEST_REASON:
        raise ReasonMissing(_("Say it in 300 letters or less."))
    return reason


def _save(entry: RecordEntry, *, by: User, at: datetime) -> None:
    entry.version += 1
    entry.changed_by, entry.changed_at = by, at
    with _one_coverage_at_a_time():
        entry.save()


def _note(entry: RecordEntry, action: Action, reason: str) -> None:
    RecordChange.objects.create(
        patient_id=entry.patient_id,
        kind=entry.kind,
        record_id=entry.pk,
        version=entry.version,
        action=action,
        by=entry.changed_by,
        at=entry.changed_at,
        reason=reason,
        snapshot=entry.snapshot(),
    )


def _refuse_twins(entry: RecordEntry, *, by: User, today: date) -> None:
    """A double click, or what stands there already. What was over by its dates is not shown, and may come again; nor
    does whoever may not see a flag learn of it by entering the same.
    """
    if not entry.is_current:
        return
    others = type(entry)._default_manager.of_patient(entry.patient).current()
    if isinstance(entry, PatientFlag) and not by.has_perm("patients.view_record"):
        others = others.filter(audience=Audience.EVERYBODY)
    for other in others:
        over = other.snapshot().get(other.UNTIL) if other.UNTIL else None
        if over and over < today.isoformat()[: len(over)]:
            continue
        if other.words.casefold() == entry.words.casefold() and (
            not isinstance(entry, Coverage) or other.snapshot() == entry.snapshot()
        ):
            raise EnteredAlready(details={"id": str(other.pk)})


def _withdraw_none_known(patient: Patient, *, by: User, at: datetime) -> None:
    latest = AllergyReview.objects.of_patient(patient).first()
    if latest is not None and latest.answer == AllergyReview.Answer.NONE_KNOWN:
        AllergyReview.objects.create(patient=patient, answer=AllergyReview.Answer.WITHDRAWN, by=by, at=at)


@contextmanager
def _one_coverage_at_a_time() -> Iterator[None]:
    """The database refuses two primaries on one day; here it is said in words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "coverage_one_at_a_time" in str(error):
            raise CoverageOverlaps from None
        raise


def _holds_days(entry: RecordEntry, name: str) -> bool:
    return entry._meta.get_field(name).get_internal_type() == "DateField"


def _today(at: datetime) -> date:
    return day_of(at, profile.current().zone)
