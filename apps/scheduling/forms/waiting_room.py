"""What is typed in the waiting room and in its set-up."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Department, Provider
from apps.scheduling.arrival.reception import LONGEST_OFFER, LONGEST_PAUSE
from apps.scheduling.arrival.waiting_room import PriorityNeedsReason
from apps.scheduling.models import ArrivalSettings, Priority, QueueTicket, WaitingScreen


class SkipForm(forms.Form):
    reason = forms.CharField(max_length=300, required=False)


class PriorityForm(forms.Form):
    priority = forms.TypedChoiceField(label=_("Priority"), choices=Priority.choices, coerce=int)
    reason = forms.CharField(label=_("Why"), max_length=300, error_messages={"required": PriorityNeedsReason.message})


class MoveQueueForm(forms.Form):
    provider = forms.ModelChoiceField(
        Provider.objects.none(), label=_("To"), help_text=_("Into their first free time today; the token stays.")
    )
    reason = forms.CharField(label=_("Why"), max_length=300, required=False)

    def __init__(self, *args: Any, ticket: QueueTicket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["provider"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Provider.objects.filter(is_active=True).exclude(pk=ticket.appointment.provider_id)


class ScreenForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = WaitingScreen
        fields = ("name", "department", "appearance", "chimes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["department"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Department.objects.filter(is_active=True)
        field.empty_label = _("The whole clinic")


class ReceptionForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ArrivalSettings
        fields = ("ask_again_after", "token_shows", "offers_stand_for")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Said beside the field; Django would name the constraint that is broken."""
        super().__init__(*args, **kwargs)
        self.fields["ask_again_after"].validators += [MaxValueValidator(LONGEST_PAUSE)]
        self.fields["offers_stand_for"].required = False  # empty: as it was
        self.fields["offers_stand_for"].validators += [MinValueValidator(5), MaxValueValidator(LONGEST_OFFER)]


class PrefixForm(forms.Form):
    letters = forms.CharField(max_length=3, required=False)
