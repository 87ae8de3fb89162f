"""The earlier appointment that a booking refers to: it follows that one up, or takes its place."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.core.refusals import Conflict, Refusal
from apps.patients.models import Patient
from apps.patients.models.persons import records_of
from apps.scheduling.models import Appointment, Status

OVER = (Status.CANCELLED, Status.NO_SHOW)


class AnotherPatient(Refusal):
    """The earlier appointment is somebody else's. Raised with the field that names it."""

    code = "another_patient"
    message = gettext_lazy("That is an appointment of another patient.")


class NotEarlier(Refusal):
    code = "not_earlier"
    field = "follow_up_for"
    message = gettext_lazy("A follow-up comes after the visit that it follows.")


class NothingToReplace(Conflict):
    code = "nothing_to_replace"
    field = "reschedule_of"


def refuse_false_links(
    patient: Patient, starts_at: datetime, *, follow_up_for: Appointment | None, reschedule_of: Appointment | None
) -> None:
    """Refuse what the database would: earlier appointments of others, and replacing what still stands.

    Locks what is replaced, so that nobody brings it back meanwhile. Raises AnotherPatient, NotEarlier,
    NothingToReplace.
    """
    if follow_up_for is not None:
        if not _is_of(patient, follow_up_for):
            raise AnotherPatient(field="follow_up_for")
        if follow_up_for.starts_at >= starts_at:
            raise NotEarlier
    if reschedule_of is None:
        return
    if not _is_of(patient, reschedule_of):
        raise AnotherPatient(field="reschedule_of")
    old = Appointment.objects.select_for_update(no_key=True).get(pk=reschedule_of.pk)
    if old.status not in OVER:
        raise NothingToReplace(_("%(number)s still stands: move it, or cancel it first.") % {"number": old.number})
    instead = Appointment.objects.filter(reschedule_of=old).first()
    if instead is not None:
        raise NothingToReplace(
            _("%(number)s has been replaced by %(instead)s already.")
            % {"number": old.number, "instead": instead.number},
            details={"instead": str(instead.pk)},
        )


def _is_of(patient: Patient, earlier: Appointment) -> bool:
    """Whether it is an appointment of this person, on whichever of their records."""
    return earlier.patient_id == patient.pk or earlier.patient_id in set(records_of(patient))


def standing_in_for(appointment: Appointment) -> Appointment | None:
    """What was booked instead of this one and still stands."""
    return Appointment.objects.filter(reschedule_of=appointment).exclude(status__in=OVER).first()


def booked_by_same_form(
    form_key: UUID | None, patient: Patient, starts_at: datetime, *, provider_id: UUID, by: User
) -> tuple[Appointment | None, UUID | None]:
    """What this very form has booked already (a double click, the back button), and the key to keep with a new one.

    Somebody who went back and chose another patient or time wants another appointment: that one is kept without a key.
    """
    if form_key is None:
        return None, None
    made = Appointment.objects.filter(booked_by=by, form_key=form_key, provider_id=provider_id).first()
    if made is None:
        return None, form_key
    same = (made.patient_id, made.starts_at) == (patient.pk, starts_at) and made.status not in OVER
    return (made if same else None), None
