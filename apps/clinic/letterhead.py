"""What stands at the head and the foot of each of the clinic's papers (house.typ draws it)."""

from typing import Any

from django.utils.translation import gettext as _

from apps.clinic.models import ClinicProfile


def letterhead(clinic: ClinicProfile, paper: str = "") -> dict[str, Any]:
    """Name, address and tax id of the clinic; ``paper`` if it is not the usual one of its country."""
    above = [line.strip() for line in clinic.address.splitlines() if line.strip()]
    if clinic.tax_id:
        above.append(_("Tax no. %(number)s") % {"number": clinic.tax_id})
    return {
        "lang": clinic.locale.split("-")[0],
        "paper": paper or paper_of(clinic),
        "clinic": {"name": clinic.name, "lines": above},
        "footer": " · ".join(part for part in (clinic.name, clinic.phone, clinic.email) if part),
    }


def paper_of(clinic: ClinicProfile) -> str:
    """A4, or letter where people use that."""
    return "us-letter" if clinic.locale.upper().endswith(("-US", "-CA", "-MX")) else "a4"
