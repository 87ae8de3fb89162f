"""Receiving a patient: what the desk has to look at, the check-in itself, and those who walk in.

Whoever may take money checks in through billing.paying.check_in, which calls `check_in` here in its own transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of
from apps.core.refusals import Conflict, Refusal
from apps.patients import consents, coverage
from apps.patients.alerts import Alert, alerts_of
from apps.patients.confirming import confirm_details, is_due, last_confirmation
from apps.patients.models import ConsentForm, DetailsConfirmation, Patient
from apps.scheduling import attendance, booking, locking
from apps.scheduling.models import Appointment, AppointmentType, ArrivalSettings, Channel, Status
from apps.scheduling.models.arrival import TokenShows
from apps.scheduling.slots import free_slots

LONGEST_PAUSE = 120  # months
LONGEST_OFFER = 7 * 24 * 60  # minutes


class NoTimeToday(Conflict):
    code = "no_time_today"
    field = "provider"


class BadSettings(Refusal):
    code = "invalid_settings"


@dataclass(frozen=True, slots=True)
class Readiness:
    """What the desk looks at before it checks a patient in."""

    patient: Patient
    last_confirmed: DetailsConfirmation | None
    details_due: bool
    alerts: list[Alert]
    consents: list[ConsentForm]
    coverage: list[Alert]


def readiness(patient: Patient, *, reader: User, at: datetime) -> Readiness:
    """What is known and what is missing of a patient, as far as `reader` may know it. Reads only."""
    last = last_confirmation(patient)
    zone = profile.current().zone
    due = is_due(last, after_months=settings().ask_again_after, at=at, zone=zone)
    may = reader.has_perm
    return Readiness(
        patient,
        last,
        due,
        alerts=alerts_of(patient, clinical=may("patients.view_record")) if may("patients.view_alerts") else [],
        consents=consents.missing_for(patient, at=at) if may("patients.view_consent") else [],
        coverage=coverage.missing_for(patient, at) if may("patients.view_coverage") else [],
    )


@transaction.atomic
def check_in(appointment: Appointment, *, by: User, at: datetime, details_confirmed: bool = False) -> Appointment:
    """The patient is here and gets a token. Raises as `attendance.arrive`."""
    arrived = attendance.arrive(appointment, by=by, at=at)
    if details_confirmed:
        confirm_details(arrived.patient, by=by, at=at)
    return arrived


@transaction.atomic
def walk_in(
    *,
    patient: Patient,
    provider: Provider,
    appointment_type: AppointmentType,
    by: User,
    at: datetime,
    reason: str = "",
    arrives: bool = True,
    override_reason: str = "",
    form_key: UUID | None = None,
) -> Appointment:
    """Book somebody who stands at the desk into the provider's first free time today, and check them in.

    With `arrives=False` they are booked only, because money is talked about next. `override_reason`: a clinic admin
    squeezes them in now, where nothing is free. `form_key`: a form sent twice books once. Raises NoTimeToday, and as
    `booking.book`.
    """
    locking.lock_providers([provider.pk])
    made = _of_same_form(form_key, patient, provider, by=by)
    if made is not None:
        return made
    starts_at = _first_free_today(provider, appointment_type, at=at)
    if starts_at is None and override_reason:
        starts_at = at.replace(second=0, microsecond=0)
    if starts_at is None:
        raise NoTimeToday(
            _("%(provider)s has no free time left today. Choose somebody else, or book another day.")
            % {"provider": provider}
        )
    booked = booking.book(
        patient=patient,
        provider=provider,
        appointment_type=appointment_type,
        starts_at=starts_at,
        reason=reason,
        override_reason=override_reason,
        channel=Channel.WALK_IN,
        form_key=form_key,
        by=by,
        at=at,
    )
    return attendance.arrive(booked, by=by, at=at) if arrives else booked


def settings() -> ArrivalSettings:
    """What this clinic has chosen; what most choose, until it does."""
    return ArrivalSettings.objects.first() or ArrivalSettings()


@transaction.atomic
def choose(
    *, ask_again_after: int, token_shows: str, offers_stand_for: int | None = None, by: User, at: datetime
) -> ArrivalSettings:
    """Say when contact details are asked for again, what a printed token shows, and how many minutes the next offers
    from the waitlist wait for an answer. Raises BadSettings."""
    if not 0 <= ask_again_after <= LONGEST_PAUSE:
        raise BadSettings(_("Between 0 and 120 months."), field="ask_again_after")
    if token_shows not in TokenShows.values:
        raise BadSettings(_("Choose what a token shows."), field="token_shows")
    chosen = ArrivalSettings.objects.select_for_update().first() or ArrivalSettings()
    if offers_stand_for is not None:
        if not 5 <= offers_stand_for <= LONGEST_OFFER:
            raise BadSettings(_("Between 5 minutes and a week (10080)."), field="offers_stand_for")
        chosen.offers_stand_for = offers_stand_for
    chosen.ask_again_after, chosen.token_shows = ask_again_after, token_shows
    chosen.save()
    return chosen


def _of_same_form(form_key: UUID | None, patient: Patient, provider: Provider, *, by: User) -> Appointment | None:
    """What this very form has booked already: a double click, the back button."""
    if form_key is None:
        return None
    made = Appointment.objects.of_patient(patient).of_provider(provider).filter(booked_by=by, form_key=form_key)
    return made.exclude(status__in=(Status.CANCELLED, Status.NO_SHOW)).with_people().first()


def _first_free_today(provider: Provider, kind: AppointmentType, *, at: datetime) -> datetime | None:
    today = day_of(at, profile.current().zone)
    slots = free_slots(providers=[provider], appointment_type=kind, first_day=today, last_day=today, at=at)
    return slots[0].starts_at if slots else None
