"""What a visit costs: with this provider, on this day, after which other visit. Billing copies it onto the invoice.

A provider's own fee for a type comes before the type's, and what a patient's price list has before both; the facility
fee is a charge of its own with its own tax; a return within the type's days of a charged visit with the same provider
is free or cheaper. A type without a tax of its own takes those that the clinic has for visits. Billing knows taxes and
price lists, and leaves here how they are found (`add_taxing`, `add_listing`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext as _

from apps.clinic import profile
from apps.clinic.models import Provider
from apps.core.clock import day_of, local_day
from apps.core.money import round_half_up
from apps.patients.models import Patient
from apps.scheduling.models import Appointment, AppointmentType, Fee, Status

HUNDRED = Decimal(100)
LONGEST_RETURN = 366  # days


class Part(StrEnum):
    """What of a visit a charge is for."""

    VISIT = "visit"
    FACILITY = "facility"


@dataclass(frozen=True, slots=True)
class ChargeTax:
    """A tax of the clinic. ``is_included``: the price has it in it already."""

    name: str
    rate: Decimal
    is_included: bool


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of an invoice to be: words, price, tax, and how much of the price is let off.

    ``taxes`` are the clinic's, for a charge that has none of its own (``tax_name``, ``tax_rate``). ``part``: what of
    a visit it is for; nothing, of what comes in a visit's place. ``price_list``: the one that its price comes from.
    """

    description: str
    price: Decimal
    tax_name: str = ""
    tax_rate: Decimal = Decimal(0)
    discount_percent: Decimal = Decimal(0)
    taxes: tuple[ChargeTax, ...] = ()
    part: Part | None = None
    price_list: UUID | None = None

    @property
    def has_own_tax(self) -> bool:
        return bool(self.tax_name or self.tax_rate)

    @property
    def net(self) -> Decimal:
        """What is asked, without the tax that comes on top, rounded as the invoice rounds it."""
        currency = profile.current().currency_info
        return self.price - round_half_up(self.price * self.discount_percent / HUNDRED, currency)

    @property
    def total(self) -> Decimal:
        """The same with tax."""
        currency = profile.current().currency_info
        taxes = (ChargeTax(self.tax_name, self.tax_rate, False),) if self.has_own_tax else self.taxes
        included = sum((one.rate for one in taxes if one.is_included), Decimal(0))
        base = round_half_up(self.net * HUNDRED / (HUNDRED + included), currency)
        on_top = (round_half_up(base * one.rate / HUNDRED, currency) for one in taxes if not one.is_included)
        return self.net + sum(on_top, Decimal(0))


Taxing = Callable[[Sequence[Charge], date, bool], list[Charge]]
_taxing: list[Taxing] = []


def add_taxing(taxing: Taxing) -> None:
    """How the clinic's taxes of a day are put on charges: of a visit, or (False) of what comes in its place. Called
    from an AppConfig's ready(); the last one counts."""
    _taxing[:] = [taxing]


def taxed(charges: Sequence[Charge], day: date, *, is_visit: bool) -> list[Charge]:
    """The charges with the clinic's taxes, where they have none of their own."""
    return _taxing[0](charges, day, is_visit) if _taxing else list(charges)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a price list asks for a visit. None: it says nothing of it, and the usual amount stands."""

    price_list: UUID
    rate: Decimal | None = None
    facility_rate: Decimal | None = None


Listing = Callable[[Patient, Provider, AppointmentType, date], Listed | None]
_listing: list[Listing] = []


def add_listing(listing: Listing) -> None:
    """How it is found what a patient's price list asks for a visit. Called from an AppConfig's ready(); the last one
    counts."""
    _listing[:] = [listing]


def charges_for(appointment: Appointment, *, listing: Listing | None = None) -> list[Charge]:
    """The charges of a visit, in the order in which they stand on its invoice. ``listing``: by another price list than
    the patient's."""
    return charges_of(
        provider=appointment.provider,
        appointment_type=appointment.appointment_type,
        day=day_of(appointment.starts_at, profile.current().zone),
        patient=appointment.patient,
        besides=appointment,
        listing=listing,
    )


def charges_of(
    *,
    provider: Provider,
    appointment_type: AppointmentType,
    day: date,
    patient: Patient | None = None,
    besides: Appointment | None = None,
    listing: Listing | None = None,
) -> list[Charge]:
    """What a visit on this day would cost; a patient who was here before may come back for less, one with a price list
    pays what it says."""
    discount, words = Decimal(0), ""
    if patient is not None and appointment_type.follow_up_days:
        before = charged_visit_before(patient, provider, appointment_type, day=day, besides=besides)
        if before is not None:
            discount = appointment_type.follow_up_percent
            words = _(" · within %(days)s days of %(number)s") % {
                "days": appointment_type.follow_up_days,
                "number": before.number,
            }
    rate, facility = _usual(provider, appointment_type, day)
    listing = listing or (_listing[0] if _listing else None)
    listed = listing(patient, provider, appointment_type, day) if listing is not None and patient is not None else None
    rate_of, facility_of = None, None
    if listed is not None and listed.rate is not None:
        rate, rate_of = listed.rate, listed.price_list
    if listed is not None and listed.facility_rate is not None:
        facility, facility_of = listed.facility_rate, listed.price_list
    charges = [
        Charge(
            f"{appointment_type.name}{words}",
            rate,
            appointment_type.tax_name,
            Decimal(appointment_type.tax_rate),
            discount,
            part=Part.VISIT,
            price_list=rate_of,
        )
    ]
    if facility:
        charges.append(
            Charge(
                _("Facility fee"),
                facility,
                appointment_type.facility_tax_name,
                appointment_type.facility_tax_rate,
                discount,
                part=Part.FACILITY,
                price_list=facility_of,
            )
        )
    return taxed(charges, day, is_visit=True)


def charged_visit_before(
    patient: Patient,
    provider: Provider,
    appointment_type: AppointmentType,
    *,
    day: date,
    besides: Appointment | None = None,
) -> Appointment | None:
    """The completed visit from which this day's return is counted: the latest one with this provider that was not
    itself such a return, if it lies within the type's days."""
    zone = profile.current().zone
    visits = Appointment.objects.of_patient(patient).of_provider(provider).filter(status=Status.COMPLETED)
    visits = visits.filter(
        starts_at__lt=local_day(day, zone)[1],
        starts_at__gte=local_day(day - timedelta(days=2 * LONGEST_RETURN), zone)[0],
    )
    if besides is not None:
        visits = visits.exclude(pk=besides.pk).filter(starts_at__lte=besides.starts_at)
    charged: Appointment | None = None
    for visit in visits.select_related("appointment_type").order_by("starts_at", "id"):
        if charged is None or not _returns(visit.appointment_type, charged, day_of(visit.starts_at, zone)):
            charged = visit
    return charged if charged is not None and _returns(appointment_type, charged, day) else None


def _usual(provider: Provider, appointment_type: AppointmentType, day: date) -> tuple[Decimal, Decimal]:
    """The fee and the facility fee without a price list: the provider's own, or else the type's."""
    fee = Fee.objects.filter(provider=provider, appointment_type=appointment_type).on(day).first()
    rate, facility = Decimal(appointment_type.rate), appointment_type.facility_rate
    if fee is None:
        return rate, facility
    return Decimal(fee.rate), facility if fee.facility_rate is None else fee.facility_rate


def _returns(appointment_type: AppointmentType, charged: Appointment, day: date) -> bool:
    first = day_of(charged.starts_at, profile.current().zone)
    return 0 <= (day - first).days <= appointment_type.follow_up_days and bool(appointment_type.follow_up_days)
