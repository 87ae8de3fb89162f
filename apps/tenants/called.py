"""Clinics as they are called on the command line."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from django.core.management.base import CommandError

from apps.core.connection import connection
from apps.core.models import PLATFORM_ID
from apps.tenants.models import Clinic

STANDING = (Clinic.State.OPEN, Clinic.State.SUSPENDED)  # the others have no schema yet, or no more


def clinic_called(slug: str, *, actor: str, states: Sequence[str] = STANDING) -> Clinic:
    """The clinic of that address; a sentence where there is none, or where it is in no state to be entered."""
    with connection.inside("public", clinic=PLATFORM_ID, actor=actor):
        clinic = Clinic.objects.filter(slug=slug).first()
        others = list(Clinic.objects.filter(state__in=STANDING).values_list("slug", flat=True)[:10])
    if clinic is None:
        there_are = f"There are: {', '.join(others)}." if others else "There is none yet: open one with open_clinic."
        raise CommandError(f"There is no clinic “{slug}”. {there_are}")
    if clinic.state not in states:
        raise CommandError(f"“{slug}” is {clinic.state}: nothing can be done in it now.")
    return clinic


def clinics_standing(*, actor: str) -> list[Clinic]:
    """Every clinic that can be entered, suspended ones too."""
    with connection.inside("public", clinic=PLATFORM_ID, actor=actor):
        return list(Clinic.objects.filter(state__in=STANDING))


def inside(clinic: Clinic, *, actor: str) -> AbstractContextManager[Any]:
    """Enter it as a command does."""
    return connection.inside(clinic.schema_name, clinic=clinic.pk, actor=actor, slug=clinic.slug, name=clinic.name)
