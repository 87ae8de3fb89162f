"""The form of an entry, drawn from its model. It reads what was typed; what makes sense is for `record` to say."""

from datetime import date
from typing import Any

from django import forms
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from apps.core.forms import DayInput
from apps.patients import partial
from apps.patients.models import RecordEntry
from apps.patients.models.record import partial_date

# What is met most often, offered while typing; anything else may be written.
SUGGESTED = {
    "substance": (
        *("Penicillin", "Amoxicillin", "Cephalosporins", "Sulfonamides", "Aspirin", "Ibuprofen", "Diclofenac"),
        *("Codeine", "Iodinated contrast", "Latex", "Peanuts", "Tree nuts", "Shellfish", "Eggs", "Milk", "Wheat"),
        *("Bee stings", "House dust mite", "Pollen", "Cat dander"),
    ),
    "reaction": ("Anaphylaxis", "Hives", "Rash", "Swelling of the face", "Wheezing", "Nausea and vomiting", "Itching"),
}


class PartialDay(forms.CharField):
    """A year, a month or a day, in any spelling."""

    locale = "en"
    today = date.max

    def clean(self, value: Any) -> str:
        return partial.read(super().clean(value), locale=self.locale, today=self.today)


class EntryForm(forms.Form):
    """Fields as the model has them, in its order."""

    def __init__(
        self, data: Any = None, *, model: type[RecordEntry], today: date, locale: str, entry: RecordEntry | None = None
    ) -> None:
        initial = {name: getattr(entry, name) for name in model.DETAILS} if entry else None
        super().__init__(data, initial=initial)
        for name in model.DETAILS:
            if name == "status" and entry is None:
                continue  # what is entered is true now; the exceptions are amended
            self.fields[name] = _field(model._meta.get_field(name), today, locale)
        if data is None:
            next(iter(self.fields.values())).widget.attrs["autofocus"] = True

    def details(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class EndForm(forms.Form):
    """When and why something ended."""

    on = forms.DateField(label=_("Ended on"), required=False, widget=DayInput)
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class ReasonForm(forms.Form):
    """Why something was wrong, or is taken back."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


def _field(field: Any, today: date, locale: str) -> forms.Field:
    common: dict[str, Any] = {
        "label": capfirst(field.verbose_name),
        "required": not field.blank,
        "help_text": field.help_text,
    }
    if field.choices:
        choices = [*([("", "–")] if field.blank else []), *field.flatchoices]
        initial = field.default if field.has_default() else None
        number = isinstance(field, models.IntegerField)
        if number:
            return forms.TypedChoiceField(choices=choices, coerce=int, initial=initial, **common)
        return forms.ChoiceField(choices=choices, initial=initial, **common)
    if partial_date in field.validators:
        common["help_text"] = _("A year, a month or a day: 2015, 3/2015, 12/3/2015.")
        day = PartialDay(max_length=30, widget=_line(), **common)
        day.today, day.locale = today, locale
        return day
    if field.get_internal_type() == "DateField":
        return forms.DateField(widget=DayInput, **common)
    if field.name == "note":
        return forms.CharField(
            max_length=field.max_length, widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}), **common
        )
    attrs = {"list": f"suggested-{field.name}"} if field.name in SUGGESTED else {}
    return forms.CharField(max_length=field.max_length, widget=_line(attrs), **common)


def _line(attrs: dict[str, str] | None = None) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": "off", **(attrs or {})})
