"""Checking in with money: payment, arrival and token in one transaction, or none of them.

What is taken is a deposit: it stays as the patient's credit until the visit's invoice uses it (credit.use_credit,
or at once when that is issued), or pays what they owe already if they say so. Locks: the appointment, then the books.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.billing import statements
from apps.billing.models import CheckIn, Copay, Invoice, Payment, WhyUnpaid
from apps.billing.paying import credit, payments
from apps.billing.prices.sums import Amount, read_price
from apps.billing.prices.taxing import TaxesOfTheClinic
from apps.billing.prices.visits import put_taxes
from apps.clinic import profile
from apps.core.money import format_money
from apps.core.refusals import Refusal
from apps.scheduling.arrival import reception
from apps.scheduling.fees import Charge, charges_for
from apps.scheduling.models import Appointment, AppointmentType, Status
from apps.scheduling.moves import locked

LONGEST_WORDS = 300


class PaymentOrReason(Refusal):
    code = "payment_or_reason"
    field = "unpaid_because"


class NotBoth(Refusal):
    code = "payment_and_reason"
    field = "unpaid_because"
    message = gettext_lazy("Either take a payment, or say why not.")


class ReasonUnknown(Refusal):
    code = "reason_unknown"
    field = "unpaid_because"
    message = gettext_lazy("Choose why nothing is taken.")


class WordsMissing(Refusal):
    code = "words_missing"
    field = "words"
    message = gettext_lazy("Say in a few words why nothing is taken.")


class WordsTooLong(Refusal):
    code = "too_long"
    field = "words"
    message = gettext_lazy("Say it in at most 300 letters.")


@dataclass(frozen=True, slots=True)
class DueToday:
    """`asked` is the copay of the visit, `due` what of it the patient's credit does not cover already. What is going
    back to them, and the copay of another visit that is not billed yet, is no such credit."""

    asked: Decimal
    credit: Decimal
    owed: Decimal
    is_fee: bool

    @property
    def due(self) -> Decimal:
        return max(Decimal(0), self.asked - self.credit)


@transaction.atomic
def check_in(
    appointment: Appointment,
    *,
    by: User,
    at: datetime,
    amount: Decimal | str | int | None = None,
    method: str = "",
    reference: str = "",
    tendered: Amount | None = None,
    owed_first: bool = False,
    unpaid_because: str = "",
    words: str = "",
    details_confirmed: bool = False,
    source_reference: str = "",
) -> CheckIn:
    """Take the copay and check the patient in; or check them in without, with the reason (needed where one is due).

    `owed_first`: what is taken pays invoices that are open, the oldest first; the rest stays as credit. The same
    `source_reference` twice answers with the first check-in and takes nothing again.

    Raises PaymentOrReason, NotBoth, ReasonUnknown, WordsMissing, WordsTooLong; as `attendance.arrive` and
    `payments.receive`.
    """
    fresh = locked(appointment)
    if source_reference and (made := CheckIn.objects.filter(source_reference=source_reference).first()):
        return made
    due = due_today(fresh).due
    words = words.strip()
    _refuse_half_answers(due, amount, unpaid_because, words)
    arrived = reception.check_in(fresh, by=by, at=at, details_confirmed=details_confirmed)
    payment = None
    if amount is not None:
        payment = payments.receive(
            arrived.patient,
            method=method,
            amount=amount,
            invoices=None if owed_first else [],
            credit_consent=True,
            reference=reference,
            tendered=tendered,
            source_reference=source_reference,
            by=by,
            at=at,
        )
    return CheckIn.objects.create(
        appointment=arrived,
        due=due,
        payment=payment,
        unpaid_because=unpaid_because,
        words=words,
        source_reference=source_reference,
        at=at,
        by=by,
    )


@transaction.atomic
def set_copay(appointment_type: AppointmentType, amount: Decimal | str | int | None, *, by: User, at: datetime) -> None:
    """Say what is asked for at check-in; None or nothing written: the visit's fee. Raises AmountRefused."""
    kind = AppointmentType.objects.select_for_update(no_key=True).get(pk=appointment_type.pk)
    if amount is None or str(amount).strip() == "":
        Copay.objects.filter(appointment_type=kind).delete()
        return
    exact = read_price(amount, profile.current().currency_info, field="amount")
    Copay.objects.update_or_create(appointment_type=kind, defaults={"amount": exact})


def due_today(appointment: Appointment) -> DueToday:
    """What is asked for when this patient comes for this visit. Reads only."""
    kind = appointment.appointment_type
    set_down = Copay.objects.filter(appointment_type=kind).first()
    owed, unused = statements.balance_of(appointment.patient).owed, credit.credit_of(appointment.patient)
    if unused:
        unused = max(Decimal(0), unused - _taken_for_others(appointment))
    fee = sum((charge.total for charge in charges_for(appointment)), Decimal(0))  # as the draft invoice will have it
    asked = set_down.amount if set_down else fee
    return DueToday(asked, unused, owed, is_fee=set_down is None)


def _taken_for_others(appointment: Appointment) -> Decimal:
    """What is left of the copays of this person's other visits, as long as the visit goes on or its draft waits."""
    waits = Exists(Invoice.objects.drafts().filter(appointment=OuterRef("appointment")))
    here = Q(appointment__status__in=(Status.ARRIVED, Status.IN_SESSION))
    others = CheckIn.objects.exclude(appointment=appointment).filter(here | waits).order_by()
    taken = Payment.objects.with_credit().for_patient(appointment.patient).filter(pk__in=others.values("payment"))
    return sum((payment.free_credit for payment in taken), Decimal(0))


def fee_of(kind: AppointmentType, *, day: date, taxes: TaxesOfTheClinic) -> Decimal:
    """The usual fee with its tax and the facility fee; a provider's own may differ."""
    visit = Charge(kind.name, Decimal(kind.rate), kind.tax_name, Decimal(kind.tax_rate))
    place = Charge("", kind.facility_rate or Decimal(0), kind.facility_tax_name, kind.facility_tax_rate)
    return sum((one.total for one in put_taxes([visit, place], day, True, taxes)), Decimal(0))


def last_of(appointment: Appointment) -> CheckIn | None:
    """How this patient was checked in."""
    return CheckIn.objects.filter(appointment=appointment).select_related("payment", "by").first()


def was_paid_at_check_in(invoice: Invoice) -> bool:
    """Whether the copay of this invoice's visit is there to pay it."""
    if invoice.appointment_id is None:
        return False
    return CheckIn.objects.filter(appointment=invoice.appointment_id, payment__unapplied__gt=0).exists()


def unpaid_in_words(appointment_ids: Collection[UUID], reader: User) -> Mapping[UUID, str]:
    """What the queue says of those from whom nothing was taken; to people who may see money."""
    if not reader.has_perm("billing.view_invoice"):
        return {}
    clinic = profile.current()
    found = CheckIn.objects.filter(appointment__in=list(appointment_ids)).order_by("at", "id")
    said: dict[UUID, str] = {}
    for one in found:
        said.pop(one.appointment_id, None)
        if one.unpaid_because:
            sum_ = format_money(one.due, clinic.currency_info, clinic.locale)
            said[one.appointment_id] = _("%(sum)s not taken: %(why)s") % {
                "sum": sum_,
                "why": one.get_unpaid_because_display(),
            }
    return said


def _refuse_half_answers(due: Decimal, amount: object, unpaid_because: str, words: str) -> None:
    if amount is not None and unpaid_because:
        raise NotBoth
    if amount is None and due and not unpaid_because:
        clinic = profile.current()
        sum_ = format_money(due, clinic.currency_info, clinic.locale)
        raise PaymentOrReason(_("%(sum)s is due: take it, or say why not.") % {"sum": sum_})
    if unpaid_because and unpaid_because not in WhyUnpaid.values:
        raise ReasonUnknown
    if unpaid_because == WhyUnpaid.OTHER and not words:
        raise WordsMissing
    if len(words) > LONGEST_WORDS:
        raise WordsTooLong
