"""The form of the set-up page that says which reminders are sent."""

from datetime import time
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext_lazy as _

from apps.core.forms import ClockInput
from apps.scheduling.models import AppointmentType
from apps.scheduling.models.reminder import MOST_HOURS, QuietHours, ReminderChannel, ReminderRule
from apps.scheduling.reminders import MOST_RULES, Notice

SPARE_LINES = 2


class QuietForm(forms.Form):
    """When nobody is disturbed."""

    quiet_from = forms.TimeField(label=_("Quiet from"), widget=ClockInput, initial=time(21))
    quiet_until = forms.TimeField(
        label=_("until"), widget=ClockInput, initial=time(8), help_text=_("The same time twice: never quiet.")
    )


class NoticeForm(forms.Form):
    """One line: so many hours before, by e-mail or text message, for one type or for all. Empty hours: no rule."""

    hours_before = forms.IntegerField(label=_("Hours before"), min_value=1, max_value=MOST_HOURS, required=False)
    channel = forms.ChoiceField(label=_("By"), choices=ReminderChannel.choices)
    appointment_type = forms.ModelChoiceField(
        AppointmentType.objects.none(), label=_("For"), required=False, empty_label=_("all types without own rules")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = self.fields["appointment_type"]
        assert isinstance(types, forms.ModelChoiceField)
        types.queryset = AppointmentType.objects.all()


NoticeForms = formset_factory(NoticeForm, extra=SPARE_LINES, max_num=MOST_RULES, absolute_max=MOST_RULES * 2)


def forms_of_now() -> tuple[QuietForm, Any]:
    """What holds now, to be changed."""
    quiet = QuietHours.objects.first() or QuietHours()
    lines = [
        {"hours_before": rule.hours_before, "channel": rule.channel, "appointment_type": rule.appointment_type_id}
        for rule in ReminderRule.objects.order_by("appointment_type__name", "-hours_before", "channel")
    ]
    return QuietForm(initial={"quiet_from": quiet.begins, "quiet_until": quiet.ends}), NoticeForms(initial=lines)


def notices_of(lines: Any) -> list[Notice]:
    """What was typed, line by line; lines without hours are left out."""
    return [
        Notice(one["hours_before"], one["channel"], one["appointment_type"].pk if one["appointment_type"] else None)
        for one in (line.cleaned_data for line in lines)
        if one.get("hours_before")
    ]
