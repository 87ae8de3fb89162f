"""Forms of rooms, equipment and blocked time."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Provider
from apps.core.forms import ClockInput
from apps.scheduling.forms.catalogue import SpanForm
from apps.scheduling.models import Resource, Sort


class ResourceForm(forms.Form):
    """A room or a piece of equipment."""

    name = forms.CharField(label=_("Name"), max_length=80)
    sort = forms.ChoiceField(label=_("Room or equipment"), choices=Sort.choices)
    kind = forms.CharField(
        label=_("Kind"),
        max_length=80,
        required=False,
        help_text=_("Those of one kind stand in for each other: Ultrasound, Treatment room. Empty: the only one."),
    )


class NeedsForm(forms.Form):
    """What a kind of appointment needs."""

    required = forms.MultipleChoiceField(
        label=_("Never without one of"), required=False, widget=forms.CheckboxSelectMultiple
    )
    proposed = forms.MultipleChoiceField(
        label=_("Takes one, if free, of"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("required", "proposed"):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = [(kind, kind) for kind in kinds]


class BlockForm(SpanForm):
    """Time in which nobody is booked. `what`: a provider, a room or a piece of equipment."""

    what = forms.ChoiceField(label=_("Whose time"))
    from_time = forms.TimeField(label=_("From time"), widget=ClockInput, required=False, help_text=_("Empty: all day."))
    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("Shown on the day sheet."))
    keep_appointments = forms.BooleanField(
        label=_("Keep the appointments that are booked then; I move them by hand"), required=False
    )

    field_order = ("what", "reason", "first_day", "last_day", "from_time", "until_time")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.named: dict[str, Provider | Resource] = {}
        self.named |= {str(one.pk): one for one in Provider.objects.filter(is_active=True)}
        self.named |= {str(one.pk): one for one in Resource.objects.filter(is_active=True)}
        what = self.fields["what"]
        assert isinstance(what, forms.ChoiceField)
        what.choices = [(pk, str(one)) for pk, one in self.named.items()]

    @property
    def whose(self) -> Provider | Resource:
        return self.named[self.cleaned_data["what"]]
