"""What is typed about taxes, price lists and packages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.billing.forms import AmountField, with_point
from apps.billing.models import PriceList, Service, Tax
from apps.core.forms import DayInput


class ServiceForm(forms.Form):
    """Something that is charged for."""

    name = forms.CharField(label=_("Name"), max_length=120)
    category = forms.ChoiceField(
        label=_("Category"), choices=Service.Category.choices, initial=Service.Category.SERVICE
    )
    price = AmountField(label=_("Price"), help_text=_("For one."))
    tax_name = forms.CharField(
        label=_("Tax of its own"),
        max_length=40,
        required=False,
        help_text=_("As printed, for example GST. Empty: the taxes of its category. A name with 0 %: none of them."),
    )
    tax_rate = forms.CharField(label=_("Its rate %"), max_length=12, required=False)
    is_active = forms.BooleanField(label=_("Offered"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tax_rate"].widget.attrs |= {"inputmode": "decimal", "class": "num", "autocomplete": "off"}

    def clean_tax_rate(self) -> str:
        return with_point(self.cleaned_data["tax_rate"])


class TaxForm(forms.Form):
    """A tax: its rate, its days, and what takes it."""

    name = forms.CharField(label=_("Name"), max_length=40, help_text=_("As printed, for example CGST."))
    rate = forms.CharField(label=_("Rate %"), max_length=12)
    is_included = forms.BooleanField(
        label=_("Prices include it"),
        required=False,
        help_text=_("The price stays what it is, and the tax is worked out of it."),
    )
    starts_on = forms.DateField(label=_("From day"), widget=DayInput)
    ends_on = forms.DateField(
        label=_("To day"), required=False, widget=DayInput, help_text=_("Empty: until further notice.")
    )
    categories = forms.MultipleChoiceField(
        label=_("All of a category"),
        required=False,
        choices=Service.Category.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    services = forms.ModelMultipleChoiceField(
        Service.objects.none(),
        label=_("These services, whatever their category takes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = self.fields["services"]
        assert isinstance(services, forms.ModelMultipleChoiceField)
        services.queryset = Service.objects.filter(is_active=True)
        self.fields["rate"].widget.attrs |= {"inputmode": "decimal", "class": "num", "autocomplete": "off"}

    def clean_rate(self) -> str:
        return with_point(self.cleaned_data["rate"])

    @staticmethod
    def of(tax: Tax) -> dict[str, Any]:
        """What the form shows of a tax that there is."""
        scopes = list(tax.scopes.all())
        return {
            "name": tax.name,
            "rate": f"{tax.rate.normalize():f}",
            "is_included": tax.is_included,
            "starts_on": tax.starts_on,
            "ends_on": tax.ends_on,
            "categories": [scope.category for scope in scopes if scope.category],
            "services": [scope.service_id for scope in scopes if scope.service_id],
        }


class NewRateForm(forms.Form):
    """From which day a tax has another rate."""

    rate = forms.CharField(label=_("New rate %"), max_length=12)
    starts_on = forms.DateField(label=_("From day"), widget=DayInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rate"].widget.attrs |= {"inputmode": "decimal", "class": "num", "autocomplete": "off"}

    def clean_rate(self) -> str:
        return with_point(self.cleaned_data["rate"])


class PriceListForm(forms.Form):
    """What a price list is called, and whether it is in use."""

    name = forms.CharField(label=_("Name"), max_length=80)
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)


class PricesForm(forms.Form):
    """From when the prices hold that stand beside it."""

    starts_on = forms.DateField(label=_("From day"), widget=DayInput)


class ChooseListForm(forms.Form):
    """The list that somebody is charged by."""

    price_list = forms.ModelChoiceField(
        PriceList.objects.none(), label=_("Price list"), required=False, empty_label=_("What services cost")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = self.fields["price_list"]
        assert isinstance(lists, forms.ModelChoiceField)
        lists.queryset = PriceList.objects.filter(is_active=True)
