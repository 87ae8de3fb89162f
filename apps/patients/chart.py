"""A patient's chart has room for other departments: visits from scheduling, invoices from billing.

They stand above patients and may not be called from here, so they hang up their sections when they are loaded::

    from apps.patients.chart import Section, add_section

    add_section(Section("visits", _("Visits"), "scheduling.view_appointment", "scheduling/_of_patient.html", visits_of))

`context(request, patient)` is called only for people who hold the permission; the template gets what it returns,
and `patient` and `section`. It draws the inside of a card: a table, a list, or a <div class="card-body">. With
`aside` the card stands in the narrow column. What must be seen at once is a fact of the chart's head::

    add_fact(Fact("next_visit", "scheduling.view_appointment", next_visit_of))

What happened when goes into the stream: see `timeline`.
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
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A section, drawn for this patient."""

    section: Section
    html: SafeString


@dataclass(frozen=True, slots=True)
class Told:
    """What a fact says: "Next visit", "Fri 4 Dec 10:30", "Dr Shah"; in a tone if it needs attention."""

    label: str
    words: str
    detail: str = ""
    tone: str = ""
    url: str = ""
    panel: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact for the head of the chart; `of` answers None where there is nothing to say."""

    key: str
    permission: str
    of: Callable[[Patient], Told | None]
    position: int = 100


_sections: dict[str, Section] = {}
_facts: dict[str, Fact] = {}


def add_section(section: Section) -> None:
    """Hang up a section; the same key again replaces it. Called from an AppConfig's ready()."""
    _sections[section.key] = section


def add_fact(fact: Fact) -> None:
    """Hang up a fact of the head; the same key again replaces it. Called from an AppConfig's ready()."""
    _facts[fact.key] = fact


def sections_of(request: HttpRequest, patient: Patient) -> list[Shown]:
    """The sections that this person may see, filled in."""
    ordered = sorted(_sections.values(), key=lambda section: (section.position, section.key))
    return [_drawn(section, request, patient) for section in ordered if request.user.has_perm(section.permission)]


def facts_of(user: Any, patient: Patient) -> list[Told]:
    """The facts that this person may see."""
    ordered = sorted(_facts.values(), key=lambda fact: (fact.position, fact.key))
    told = (fact.of(patient) for fact in ordered if user.has_perm(fact.permission))
    return [one for one in told if one is not None]


def _drawn(section: Section, request: HttpRequest, patient: Patient) -> Shown:
    context = {**section.context(request, patient), "patient": patient, "section": section}
    return Shown(section, render_to_string(section.template, context, request=request))
