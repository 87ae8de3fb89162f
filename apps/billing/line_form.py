"""What is typed about one charge of a draft."""

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.billing.forms import AmountField, DiscountField, with_point
from apps.billing.models import InvoiceLine, Service
from apps.billing.prices.sums import PercentRefused, read_percent
from apps.billing.prices.taxing import MOST
from apps.core.forms import DayInput
from apps.core.money import currency_of, format_amount

TAXES_SHOWN = 4


class LineForm(forms.Form):
    """One charge of a draft. With a service chosen, what is left empty is copied from it."""

    service = forms.ModelChoiceField(
        Service.objects.none(), label=_("Service"), required=False, empty_label=_("Something else")
    )
    description = forms.CharField(label=_("Description"), max_length=200, required=False)
    quantity = forms.CharField(label=_("Quantity"), max_length=12, initial="1", required=False)
    unit_price = AmountField(label=_("Price"), required=False)
    discount = DiscountField(label=_("Discount"), required=False, help_text=_("10.00 or 10%"))
    discount_reason = forms.CharField(label=_("Reason for the discount"), max_length=300, required=False)
    tax_name = forms.CharField(label=_("Tax"), max_length=40, required=False)
    tax_rate = forms.CharField(label=_("Tax %"), max_length=20, required=False)
    tax_included = forms.BooleanField(label=_("The price includes it"), required=False)
    service_on = forms.DateField(label=_("Done on"), required=False, widget=DayInput)

    def __init__(self, *args: Any, waits_in: str = "", **kwargs: Any) -> None:
        """The keyboard waits in the field of that name."""
        super().__init__(*args, **kwargs)
        if waits_in:
            self.fields[waits_in].widget.attrs["autofocus"] = True
        services = self.fields["service"]
        assert isinstance(services, forms.ModelChoiceField)
        services.queryset = Service.objects.filter(is_active=True)
        sent = self.data if self.is_bound else self.initial
        self.tax_rows = [""]
        for place in range(2, MOST + 1):
            if place <= TAXES_SHOWN or f"tax_rate_{place}" in sent:
                self._add_tax(place)
        for name in ("quantity", *(f"tax_rate{row}" for row in self.tax_rows)):
            self.fields[name].widget.attrs |= {"inputmode": "decimal", "class": "num"}

    @property
    def more_taxes(self) -> list[tuple[BoundField, BoundField, BoundField]]:
        """The places for the second tax and so on: its name, its rate, whether the price has it in it."""
        return [
            (self[f"tax_name{row}"], self[f"tax_rate{row}"], self[f"tax_included{row}"]) for row in self.tax_rows[1:]
        ]

    @property
    def has_more_taxes(self) -> bool:
        return any(name.value() or rate.value() for name, rate, _included in self.more_taxes)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for row in self.tax_rows:
            try:
                read_percent(with_point(cleaned.get(f"tax_rate{row}", "")) or 0, field=f"tax_rate{row}")
            except PercentRefused as refusal:
                self.add_error(f"tax_rate{row}", str(refusal))
        return cleaned

    def charge(self) -> dict[str, Any]:
        """The arguments of add_charge that were typed; the service fills in the rest. Who types a rate of 0 says that
        it takes none of the service's taxes."""
        typed = self.changes() | {"service_on": self.cleaned_data["service_on"]}
        charge = {name: value for name, value in typed.items() if value not in ("", None)}
        if not any(self.cleaned_data[f"{part}{row}"] for row in self.tax_rows for part in ("tax_name", "tax_rate")):
            charge.pop("taxes", None)
        return charge

    def changes(self) -> dict[str, Any]:
        """The arguments of change_line: all that the form shows, also what was emptied."""
        typed = self.cleaned_data
        changes: dict[str, Any] = {
            "description": typed["description"],
            "quantity": with_point(typed["quantity"]) or "1",
            "unit_price": "" if typed["unit_price"] is None else typed["unit_price"],
            **self._taxes(),
        }
        if "discount" in self.data:  # whoever may not give one is not shown the field
            changes |= typed["discount"] | {"discount_reason": typed["discount_reason"]}
        return changes

    @staticmethod
    def of(line: InvoiceLine, locale: str) -> dict[str, Any]:
        """What the form shows of a line that there is."""
        currency, percent = currency_of(line.invoice.currency), line.discount_percent
        discount = format_amount(line.discount, currency, locale) if line.discount else ""
        shown = {
            "service": line.service_id,
            "description": line.description,
            "quantity": f"{line.quantity.normalize():f}",
            "unit_price": format_amount(line.unit_price, currency, locale),
            "discount": discount if percent is None else f"{percent.normalize():f}%",
            "discount_reason": line.discount_given.reason if line.discount_given else "",
        }
        for place, tax in enumerate(line.taxes.all(), start=1):
            row = "" if place == 1 else f"_{place}"
            shown |= {f"tax_name{row}": tax.name, f"tax_rate{row}": f"{tax.rate.normalize():f}"}
            shown |= {f"tax_included{row}": tax.is_included}
        return shown

    def _add_tax(self, place: int) -> None:
        row, number = f"_{place}", {"place": place}
        self.tax_rows.append(row)
        name, rate = gettext("Tax %(place)s") % number, gettext("Tax %(place)s, rate") % number
        self.fields[f"tax_name{row}"] = forms.CharField(label=name, max_length=40, required=False)
        self.fields[f"tax_rate{row}"] = forms.CharField(label=rate, max_length=20, required=False)
        included = gettext("The price includes tax %(place)s") % number
        self.fields[f"tax_included{row}"] = forms.BooleanField(label=included, required=False)

    def _taxes(self) -> dict[str, Any]:
        """Every place, also those left empty; whoever sent one place only says one tax on top of the price."""
        typed = self.cleaned_data
        if "tax_rate_2" not in self.data:
            return {"tax_name": typed["tax_name"], "tax_rate": with_point(typed["tax_rate"])}
        taxes = [
            {
                "name": typed[f"tax_name{row}"],
                "rate": with_point(typed[f"tax_rate{row}"]) or "0",
                "is_included": typed[f"tax_included{row}"],
            }
            for row in self.tax_rows
        ]
        return {"taxes": taxes}
