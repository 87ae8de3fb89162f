"""What patients' own tables add to the chart: the clinical summary, the stream, flags, insurance, consents."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.patients import coverage, partial
from apps.patients.alerts import Asked
from apps.patients.chart import Fact, Section, Told, add_fact, add_section
from apps.patients.consent_lists import consents_of
from apps.patients.consents import missing_for
from apps.patients.models import Allergy, AllergyReview, Condition, Medication, Patient, PatientFlag, RecordEntry
from apps.patients.models.flags import Audience
from apps.patients.timeline import sources_for, timeline_of

ON_THE_CHART = 10  # lines of the stream; all of it has a page of its own


def hang_up() -> None:
    may_see, page = "patients.view_record", "patients/_record.html"
    add_section(Section("record", gettext_lazy("Clinical summary"), may_see, page, _record, position=5))
    may_see, page = "patients.view_patient", "patients/_timeline.html"
    add_section(Section("timeline", gettext_lazy("Timeline"), may_see, page, _timeline, position=8))
    may_see, page = "patients.view_alerts", "patients/_flags.html"
    add_section(Section("flags", gettext_lazy("Flags"), may_see, page, _flags, position=5, aside=True))
    may_see, page = "patients.view_coverage", "patients/_coverage.html"
    add_section(Section("coverage", gettext_lazy("Insurance"), may_see, page, _coverage, position=20, aside=True))
    may_see, page = "patients.view_consent", "patients/_consents.html"
    add_section(Section("consents", gettext_lazy("Consents"), may_see, page, _consents, position=30, aside=True))
    add_fact(Fact("consents", "patients.view_consent", _unsigned, position=30))
    add_fact(Fact("coverage", "patients.view_coverage", _insured, position=40))


def _record(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    """Allergies, conditions and medication: what is true now, then what is over. Four queries."""
    allergies = list(Allergy.objects.of_patient(patient).valid())
    conditions = list(Condition.objects.of_patient(patient).valid())
    medication = list(Medication.objects.of_patient(patient).valid())
    latest = AllergyReview.objects.of_patient(patient).select_related("by").first()
    is_said = latest is not None and latest.answer == AllergyReview.Answer.NONE_KNOWN
    asked = (
        Asked.KNOWN if any(one.is_current for one in allergies) else Asked.NONE_KNOWN if is_said else Asked.NOT_ASKED
    )
    allergies.sort(key=lambda one: (not one.is_grave, one.words.casefold()))
    groups = [
        ("allergy", _("Allergies"), "alert-triangle", allergies),
        ("condition", _("Conditions"), "heartbeat", conditions),
        ("medication", _("Medication"), "pill", medication),
    ]
    return {
        "groups": [
            {
                "kind": kind,
                "title": title,
                "icon": icon,
                "current": [_line(one) for one in entries if one.is_current],
                "over": [_line(one) for one in entries if not one.is_current],
            }
            for kind, title, icon, entries in groups
        ],
        "asked": str(asked),
        "review": latest,
        "zone": profile.current().zone,
    }


def _line(entry: RecordEntry) -> dict[str, Any]:
    """An entry on two lines: what it is; more about it."""
    if isinstance(entry, Allergy):
        more = [entry.reaction, entry.get_severity_display() if entry.severity else ""]
        more.append(_("since %(when)s") % {"when": partial.words(entry.onset)} if entry.onset else "")
        more.append("" if entry.verification == "confirmed" else entry.get_verification_display())
        tone = "red" if entry.is_grave else "amber"
    elif isinstance(entry, Condition):
        more, tone = [entry.code, _period(entry.onset, entry.abatement)], "blue"
    else:
        assert isinstance(entry, Medication)
        more, tone = [entry.dose, entry.reason, _period(entry.since, entry.until)], "blue"
    status: Any = entry
    is_plain = entry.is_current and status.status == "active"
    return {
        "entry": entry,
        "words": entry.words,
        "more": " · ".join(part for part in more if part),
        "tone": tone if entry.is_current else "grey",
        "status": "" if is_plain else status.get_status_display(),
    }


def _period(since: str, until: str) -> str:
    if since and until:
        return f"{partial.words(since)} – {partial.words(until)}"
    if until:
        return _("until %(when)s") % {"when": partial.words(until)}
    return _("since %(when)s") % {"when": partial.words(since)} if since else ""


def _timeline(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    shown = timeline_of(patient, user=request.user, size=ON_THE_CHART)
    sources = sources_for(request.user)
    return {"shown": shown, "sources": sources, "kinds": set(), "zone": profile.current().zone, "now": now()}


def _flags(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    day = day_of(now(), profile.current().zone)
    flags = list(PatientFlag.objects.of_patient(patient).current().select_related("changed_by"))
    if not request.user.has_perm("patients.view_record"):
        flags = [flag for flag in flags if flag.audience == Audience.EVERYBODY]
    order = {"red": 0, "amber": 1, "blue": 2}
    rows = [{"flag": flag, "holds": _is_between(flag.since, day, flag.until)} for flag in flags]
    rows.sort(key=lambda row: (not row["holds"], order[row["flag"].tone], row["flag"].words.casefold()))
    return {"rows": rows, "day": day}


def _is_between(since: date | None, day: date, until: date | None) -> bool:
    return (since is None or since <= day) and (until is None or day <= until)


def _coverage(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    day = day_of(now(), profile.current().zone)
    rows = [{"coverage": one, "holds": one.holds_on(day)} for one in coverage.coverage_of(patient)]
    rows.sort(key=lambda row: not row["holds"])
    return {"rows": rows, "day": day}


def _consents(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    return consents_of(patient)


def _unsigned(patient: Patient) -> Told | None:
    missing = missing_for(patient, at=now())
    if not missing:
        return None
    words = missing[0].title if len(missing) == 1 else _("%(n)s texts") % {"n": len(missing)}
    url = reverse("patients:consents", args=[patient.pk])
    return Told(_("Consent missing"), words, tone="amber", url=url)


def _insured(patient: Patient) -> Told | None:
    gaps = coverage.missing_for(patient, now())
    url = reverse("patients:patient", args=[patient.pk]) + "#section-coverage"
    if gaps:
        if gaps[0].code in ("none", "ended"):
            return None
        return Told(_("Insurance"), gaps[0].words, tone=gaps[0].tone, url=url)
    day = day_of(now(), profile.current().zone)
    first = next(one for one in coverage.coverage_of(patient) if one.holds_on(day))
    return Told(_("Insurance"), first.payer, detail=first.plan, url=url)
