"""Forms of leave that is asked for, its answer, and a year's closed days."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.scheduling.forms.catalogue import SpanForm


class LeaveWishForm(SpanForm):
    """When a provider would like to be away."""

    field_order = ("first_day", "last_day", "from_time", "until_time", "reason")


class LeaveAnswerForm(forms.Form):
    """Yes or no, with a word."""

    words = forms.CharField(label=_("A word with it"), max_length=200, required=False)
    keep_appointments = forms.BooleanField(
        label=_("Keep the appointments that are booked then; I move them by hand"), required=False
    )


class HolidaysForm(forms.Form):
    """Several days at once."""

    days = forms.CharField(
        label=_("Days, one a line"),
        max_length=10_000,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false", "placeholder": "2026-12-25 Christmas"}),
        help_text=_("2026-12-25 Christmas, or 25.12.2026 Christmas. A list from elsewhere can be pasted."),
    )
    years = forms.IntegerField(
        label=_("In so many years"),
        min_value=1,
        max_value=10,
        initial=1,
        help_text=_("More than 1: the same dates again."),
    )
    keep_appointments = forms.BooleanField(
        label=_("Keep the appointments that are booked then; I move them by hand"), required=False
    )
