"""A patient's chart has room for other departments: visits from scheduling, invoices from billing.

They stand above patients and may not be called from here, so they hang up their sections when they are loaded::

    from apps.patients.chart import Section, add_section

    add_section(Section("visits", _("Visits"), "scheduling.view_appointment", "scheduling/_of_patient.html", visits_of))

`context(request, patient)` is called only for people who hold the permission; the template gets what it returns,
and `patient` and `section`. It draws the inside of a card: a table, a list, or a <div class="card-body">.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from apps.patients.models import Patient


@dataclass(frozen=True, slots=True)
class Section:
    """One department's part of the chart. Lower positions come first."""

    key: str
    title: str | Promise
    permission: str
    template: str
    context: Callable[[HttpRequest, Patient], dict[str, Any]]
    position: int = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A section, drawn for this patient."""

    section: Section
    html: SafeString


_sections: dict[str, Section] = {}


def add_section(section: Section) -> None:
    """Hang up a section; the same key again replaces it. Called from an AppConfig's ready()."""
    _sections[section.key] = section


def sections_of(request: HttpRequest, patient: Patient) -> list[Shown]:
    """The sections that this person may see, filled in."""
    ordered = sorted(_sections.values(), key=lambda section: (section.position, section.key))
    return [_drawn(section, request, patient) for section in ordered if request.user.has_perm(section.permission)]


def _drawn(section: Section, request: HttpRequest, patient: Patient) -> Shown:
    context = {**section.context(request, patient), "patient": patient, "section": section}
    return Shown(section, render_to_string(section.template, context, request=request))
