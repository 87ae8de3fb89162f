"""What somebody looks for when they ask for a free time. Everything but the kind of appointment may be left open."""

from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Department, Provider, Site
from apps.core.forms import ClockInput, DayInput
from apps.scheduling.finding import specialties
from apps.scheduling.models import AppointmentType
from apps.scheduling.models.hours import Weekday

FARTHEST = timedelta(days=3 * 366)


class FindForm(forms.Form):
    """GET, so that a search can be kept as a link; it names no patient, only the id of one who is chosen already."""

    type = forms.ModelChoiceField(AppointmentType.objects.none(), label=_("For"), empty_label=None)
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("Department"), required=False, empty_label=_("Any")
    )
    specialty = forms.ChoiceField(label=_("Specialty"), required=False)
    site = forms.ModelChoiceField(Site.objects.none(), label=_("Site"), required=False, empty_label=_("Any"))
    provider = forms.ModelMultipleChoiceField(
        Provider.objects.none(),
        label=_("Providers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: any of them."),
    )
    after = forms.TimeField(label=_("Not before"), required=False, widget=ClockInput)
    before = forms.TimeField(label=_("Begins before"), required=False, widget=ClockInput)
    weekday = forms.TypedMultipleChoiceField(
        label=_("On"),
        coerce=int,
        required=False,
        choices=[(day.value, str(day.label)[:3]) for day in Weekday],
        widget=forms.CheckboxSelectMultiple,
    )
    day = forms.DateField(label=_("From day"), widget=DayInput)
    days = forms.TypedChoiceField(
        label=_("Look through"),
        coerce=int,
        choices=((7, _("a week")), (14, _("two weeks")), (28, _("four weeks")), (84, _("twelve weeks"))),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        _choose(self, "type", AppointmentType.objects.active())
        _choose(self, "department", Department.objects.filter(is_active=True))
        _choose(self, "site", Site.objects.filter(is_active=True))
        _choose(self, "provider", Provider.objects.filter(is_active=True))
        known = specialties()
        cast(forms.ChoiceField, self.fields["specialty"]).choices = [("", _("Any")), *((one, one) for one in known)]
        weekdays = cast(forms.TypedMultipleChoiceField, self.fields["weekday"])
        weekdays.choices = [(day.value, str(day.label)[:3]) for day in Weekday]

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if abs(day - self.today) > FARTHEST:
            raise forms.ValidationError(gettext("Look at the year again."))
        return max(day, self.today)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        after, before = cleaned.get("after"), cleaned.get("before")
        if after and before and before <= after:
            self.add_error("before", gettext("This lies before the earliest time."))
        return cleaned


def _choose(form: forms.Form, name: str, among: QuerySet[Any]) -> None:
    cast("forms.ModelChoiceField[Any]", form.fields[name]).queryset = among
