"""Whether somebody else pays for the patient on a day: what check-in asks about. Writing is for `record`."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.clinic import profile
from apps.core.clock import day_of
from apps.patients.alerts import Alert
from apps.patients.models import Coverage, Patient


def missing_for(patient: Patient, at: datetime) -> list[Alert]:
    """What is missing of the patient's insurance on the day of `at`: "none" (never recorded), "expired", "not_yet",
    "ended". Empty if a coverage holds. One query.
    """
    day = day_of(at, profile.current().zone)
    known = list(Coverage.objects.of_patient(patient).valid().in_order())
    if any(coverage.holds_on(day) for coverage in known):
        return []
    if not known:
        return [Alert("none", _("No insurance is recorded"), "grey")]
    current = [coverage for coverage in known if coverage.is_current]
    if not current:
        return [Alert("ended", _("Insurance has ended: %(payer)s") % {"payer": known[0].payer}, "grey")]
    first = current[0]
    if first.valid_until is not None and first.valid_until < day:
        words = _("Insurance expired on %(day)s: %(payer)s")
        return [
            Alert("expired", words % {"day": date_format(first.valid_until, "j M Y"), "payer": first.payer}, "amber")
        ]
    words = _("Insurance begins on %(day)s: %(payer)s")
    begins = date_format(first.valid_from, "j M Y") if first.valid_from else ""
    return [Alert("not_yet", words % {"day": begins, "payer": first.payer}, "amber")]


def coverage_of(patient: Patient) -> list[Coverage]:
    """All that is recorded, but errors; primary first, the latest period first."""
    return list(Coverage.objects.of_patient(patient).valid().in_order().select_related("changed_by"))
