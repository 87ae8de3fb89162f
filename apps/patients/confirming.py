"""Contact details grow old: the desk asks, and it is kept who confirmed them when."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.accounts.models import User
from apps.core.clock import day_of
from apps.patients.models import DetailsConfirmation, Patient
from apps.patients.models.persons import in_use

# A page that is sent twice, or two who ask at the same desk, are one confirmation.
ONCE_IN = timedelta(minutes=5)


@transaction.atomic
def confirm_details(patient: Patient, *, by: User, at: datetime) -> DetailsConfirmation:
    """The patient has just said that their details are right."""
    held = Patient.objects.select_for_update(no_key=True).get(pk=in_use(patient).pk)
    last = last_confirmation(held)
    if last is not None and last.by_id == by.pk and timedelta(0) <= at - last.at < ONCE_IN:
        return last
    return DetailsConfirmation.objects.create(patient=held, by=by, at=at)


def last_confirmation(patient: Patient) -> DetailsConfirmation | None:
    return DetailsConfirmation.objects.of_patient(patient).select_related("by").first()


def is_due(last: DetailsConfirmation | None, *, after_months: int, at: datetime, zone: ZoneInfo) -> bool:
    """Whether to ask again: never asked, or so many months ago. With 0 months: at every visit, once a day."""
    if last is None:
        return True
    today, asked = day_of(at, zone), day_of(last.at, zone)
    return asked < today if not after_months else _months_after(asked, after_months) <= today


def _months_after(day: date, months: int) -> date:
    """31 August and six months is 1 March: the day after February has ended."""
    years, month = divmod(day.month - 1 + months, 12)
    try:
        return day.replace(year=day.year + years, month=month + 1)
    except ValueError:
        following = divmod(day.month + months, 12)
        return date(day.year + following[0], following[1] + 1, 1)
