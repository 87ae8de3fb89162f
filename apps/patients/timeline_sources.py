"""What patients' own tables add to the stream: changes of the record, flags, coverage, consents."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.patients.models import AllergyReview, ConsentRevocation, Patient, PatientConsent, RecordChange
from apps.patients.models.record import Action, Kind
from apps.patients.record import MODELS
from apps.patients.timeline import Entry, Source, add_source

CLINICAL = (Kind.ALLERGY, Kind.CONDITION, Kind.MEDICATION)
ICONS = {
    Kind.ALLERGY: "alert-triangle",
    Kind.CONDITION: "heartbeat",
    Kind.MEDICATION: "pill",
    Kind.FLAG: "flag",
    Kind.COVERAGE: "shield-half",
}
TONES = {
    Action.ENTERED: "blue",
    Action.AMENDED: "grey",
    Action.ENDED: "grey",
    Action.RESUMED: "blue",
    Action.STRUCK: "struck",
}


def hang_up() -> None:
    add_source(Source("record", gettext_lazy("Clinical"), "patients.view_record", _clinical, position=30))
    add_source(Source("flags", gettext_lazy("Flags"), "patients.view_record", _flags, position=40))
    add_source(Source("coverage", gettext_lazy("Insurance"), "patients.view_coverage", _coverage, position=50))
    add_source(Source("consents", gettext_lazy("Consents"), "patients.view_consent", _consents, position=60))


def _clinical(patient: Patient, before: datetime | None, limit: int) -> list[Entry]:
    said = _older(AllergyReview.objects.of_patient(patient).select_related("by"), before)
    reviews = [
        Entry(
            at=review.at,
            words=review.get_answer_display() if review.answer == "none_known" else _("“No known allergies” withdrawn"),
            icon=ICONS[Kind.ALLERGY],
            by=review.by.full_name,
            key=str(review.pk),
        )
        for review in said.order_by("-at", "-id")[:limit]
    ]
    return _newest([*_changes(patient, CLINICAL, before, limit), *reviews], limit)


def _flags(patient: Patient, before: datetime | None, limit: int) -> list[Entry]:
    return _changes(patient, (Kind.FLAG,), before, limit)


def _coverage(patient: Patient, before: datetime | None, limit: int) -> list[Entry]:
    return _changes(patient, (Kind.COVERAGE,), before, limit)


def _changes(patient: Patient, kinds: tuple[Kind, ...], before: datetime | None, limit: int) -> list[Entry]:
    rows = RecordChange.objects.of_patient(patient).filter(kind__in=kinds).select_related("by")
    return [
        Entry(
            at=change.at,
            words=change_words(change),
            icon=ICONS[Kind(change.kind)],
            detail=" · ".join(part for part in (change.get_kind_display(), change.reason) if part),
            by=change.by.full_name,
            url=reverse("patients:entry", args=[change.kind, change.record_id]),
            status=change.get_action_display(),
            tone=TONES[Action(change.action)],
            key=str(change.pk),
            panel=True,
        )
        for change in _older(rows, before).order_by("-at", "-id")[:limit]
    ]


def change_words(change: RecordChange) -> str:
    """What the entry was called in that version."""
    model = MODELS[change.kind]
    fields = {name: value for name, value in change.snapshot.items() if name in model.DETAILS}
    return model(**fields).words


def _consents(patient: Patient, before: datetime | None, limit: int) -> list[Entry]:
    answers = _older(PatientConsent.objects.of_patient(patient).select_related("form", "witness"), before)
    taken_back = ConsentRevocation.objects.filter(consent__in=PatientConsent.objects.of_patient(patient))
    signed = [
        Entry(
            at=answer.at,
            words=answer.form.title,
            icon="writing-sign",
            detail=_("Version %(n)s, %(how)s") % {"n": answer.form.version, "how": answer.get_method_display().lower()},
            by=answer.witness.full_name,
            url=reverse("patients:consent", args=[answer.pk]),
            status=answer.get_decision_display(),
            tone="green" if answer.decision == "agreed" else "red",
            key=str(answer.pk),
        )
        for answer in answers.order_by("-at", "-id")[:limit]
    ]
    revoked = [
        Entry(
            at=row.at,
            words=row.consent.form.title,
            icon="writing-sign-off",
            detail=row.reason,
            by=row.by.full_name,
            url=reverse("patients:consent", args=[row.consent_id]),
            status=_("Revoked"),
            tone="red",
            key=str(row.pk),
        )
        for row in _older(taken_back.select_related("consent__form", "by"), before).order_by("-at", "-id")[:limit]
    ]
    return _newest([*signed, *revoked], limit)


def _older(rows: Any, before: datetime | None) -> Any:
    return rows if before is None else rows.filter(at__lt=before)


def _newest(entries: list[Entry], limit: int) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.at, entry.key), reverse=True)[:limit]
