"""What is typed where a payment or an invoice was wrong: why, and how it should have been."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.billing.correcting.corrections import ALONG
from apps.billing.forms import AmountField
from apps.billing.models import AT_THE_DESK, Correction, Invoice, InvoiceVoid, Payment
from apps.billing.prices.tax_words import plain
from apps.clinic import profile
from apps.core.money import format_amount
from apps.patients.models import Patient
from apps.scheduling.models import Appointment

Kind = Correction.Kind
VISITS = 50  # the latest, to choose from


class PatientField(forms.CharField):
    """A patient by id, as the search offers them, or by number: names have no place in what a form sends back."""

    def clean(self, value: Any) -> Patient | None:
        found = self.chosen(super().clean(value))
        if found is None:
            raise forms.ValidationError(_("There is no patient with this number."))
        return found

    @staticmethod
    def chosen(value: Any) -> Patient | None:
        text = str(value or "").strip()
        try:
            which: dict[str, Any] = {"pk": UUID(text)}
        except ValueError:
            which = {"number__iexact": text}
        return Patient.objects.filter(**which).first()


def right_patient() -> PatientField:
    missing = {"required": _("Find the right patient and choose them.")}
    return PatientField(label=_("Right patient"), max_length=36, error_messages=missing)


class CorrectionForm(forms.Form):
    """The right value, and why. ``seal`` stands for what was shown before it is confirmed."""

    seal = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, kind: str, paper: Payment | Invoice, may_refund: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.paper, self.may_refund = kind, paper, may_refund
        if isinstance(paper, Payment):
            self._for_payment(paper)
        else:
            self._for_invoice(paper)
        self.fields["reason"] = forms.CharField(label=_("What was wrong"), max_length=300)

    def _for_payment(self, payment: Payment) -> None:
        if self.kind == Kind.METHOD:
            others = [(value, label) for value, label in AT_THE_DESK if value != payment.method]
            self.fields["method"] = forms.ChoiceField(label=_("It was paid by"), choices=others)
        elif self.kind == Kind.AMOUNT:
            self.fields["amount"] = AmountField(label=_("Right amount"))
        else:
            self.fields["patient"] = right_patient()

    def _for_invoice(self, invoice: Invoice) -> None:
        if self.kind == Kind.PATIENT:
            self.fields["patient"] = right_patient()
            if invoice.applied:
                self.fields["paid"] = forms.ChoiceField(
                    label=_("What was paid"), widget=forms.RadioSelect, choices=[
                        (ALONG, _("Goes along: the right patient paid it")),
                        (InvoiceVoid.Disposition.CREDIT, _("Stays here as credit")),
                        *([(InvoiceVoid.Disposition.REFUND, _("Is given back"))] if self.may_refund else []),
                    ],
                )  # fmt: skip
        elif self.kind == Kind.VISIT:
            visits = Appointment.objects.of_patient(invoice.patient).select_related("appointment_type", "provider")
            self.visits = {str(visit.pk): visit for visit in visits.order_by("-starts_at")[:VISITS]}
            self.visits.pop(str(invoice.appointment_id), None)
            zone = profile.current().zone
            words = [
                (pk, f"{visit.number} · {date_format(visit.starts_at.astimezone(zone), 'j M Y, H:i')} · "
                     f"{visit.appointment_type.name}, {visit.provider.name}")
                for pk, visit in self.visits.items()
            ]  # fmt: skip
            self.fields["appointment"] = forms.ChoiceField(label=_("Right visit"), choices=words)
        else:
            self._for_prices(invoice)

    def _for_prices(self, invoice: Invoice) -> None:
        clinic = profile.current()
        self.lines = list(invoice.lines.order_by("position"))
        for line in self.lines:
            price = format_amount(line.unit_price, clinic.currency_info, clinic.locale)
            label = _("Price: %(what)s") % {"what": line.description}
            self.fields[f"price_{line.position}"] = AmountField(label=label, initial=price)
            quantity = _("Quantity: %(what)s") % {"what": line.description}
            self.fields[f"quantity_{line.position}"] = forms.CharField(
                label=quantity, max_length=12, initial=plain(line.quantity)
            )

    def right(self) -> dict[str, Any]:
        """The arguments of the rule."""
        typed = self.cleaned_data
        right: dict[str, Any] = {"kind": self.kind, "reason": typed["reason"]}
        right |= {name: typed[name] for name in ("method", "amount", "patient", "paid") if name in typed}
        if "appointment" in typed:
            right["appointment"] = self.visits[typed["appointment"]]
        if self.kind == Kind.AMOUNT and isinstance(self.paper, Invoice):
            right["lines"] = self._changed(typed)
        return right

    def _changed(self, typed: dict[str, Any]) -> dict[UUID, dict[str, Any]]:
        return {
            line.pk: {
                "unit_price": typed[f"price_{line.position}"],
                "quantity": typed[f"quantity_{line.position}"].strip().replace(",", "."),
            }
            for line in self.lines
        }
