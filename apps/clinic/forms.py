"""Forms of the clinic's own particulars. They read what was typed; whether it makes sense is for the rules to say."""

from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic.models import Colour, Department, Provider, Room, Site


class ProfileForm(forms.Form):
    """What stands on the clinic's door and on its paper."""

    name = forms.CharField(label=_("Name"), max_length=120)
    address = forms.CharField(label=_("Address"), max_length=500, required=False, widget=forms.Textarea({"rows": 3}))
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False, widget=forms.EmailInput)
    tax_id = forms.CharField(label=_("Tax number"), max_length=40, required=False, help_text=_("Printed on invoices."))
    upi_address = forms.CharField(
        label=_("UPI address"),
        max_length=100,
        required=False,
        help_text=_("Invoices then carry a code that patients scan to pay."),
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Hours are read on this clock. Booked appointments keep their moment.")
    )
    locale = forms.ChoiceField(label=_("Figures and dates are written as in"))

    feeds_name_patients = forms.BooleanField(
        label=_("Name patients in the calendars on providers' phones"),
        required=False,
        help_text=_("Whoever has such a calendar's address then sees names. Otherwise it tells numbers only."),
    )

    LOCALES = (
        ("en-in", _("India (English)")),
        ("en-us", _("United States")),
        ("en-gb", _("United Kingdom")),
        ("en", _("English")),
        ("hi", _("India (Hindi)")),
        ("ar", _("Arabic")),
        ("de", _("Germany")),
        ("es", _("Spain")),
        ("fr", _("France")),
        ("pt", _("Portugal, Brazil")),
        ("ja", _("Japan")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = self.initial.get("locale", "")
        known = dict(self.LOCALES)
        locale = cast(forms.ChoiceField, self.fields["locale"])
        zone = cast(forms.ChoiceField, self.fields["timezone"])
        locale.choices = [*self.LOCALES, *([] if now in known or not now else [(now, now)])]
        zone.choices = [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name] + [
            ("UTC", "UTC")
        ]


class ProviderForm(forms.Form):
    """Somebody whose time patients book."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As patients know them: Dr Anita Rao."))
    user = forms.ModelChoiceField(
        label=_("Signs in as"),
        queryset=User.objects.none(),
        required=False,
        help_text=_("Then “My day” shows their patients, and they may start and complete their visits."),
    )
    specialty = forms.CharField(label=_("Specialty"), max_length=120, required=False)
    qualification = forms.CharField(label=_("Qualification"), max_length=120, required=False)
    licence_number = forms.CharField(label=_("Licence number"), max_length=60, required=False)
    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none(), required=False)
    room = forms.ModelChoiceField(label=_("Room"), queryset=Room.objects.none(), required=False)
    colour = forms.ChoiceField(label=_("Colour"), choices=Colour.choices)
    position = forms.IntegerField(
        label=_("Position"),
        min_value=0,
        max_value=32767,
        initial=100,
        help_text=_("Small numbers stand first on the day sheet."),
    )

    def __init__(self, *args: Any, provider: Provider | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = Provider.objects.exclude(user=None)
        if provider is not None:
            taken = taken.exclude(pk=provider.pk)
        # What stands there stays, also where it is out of use by now.
        kept_user = provider.user_id if provider is not None else None
        kept_department = provider.department_id if provider is not None else None
        kept_room = provider.room_id if provider is not None else None
        _choose(self, "user", _usable(User, kept_user).exclude(pk__in=taken.values("user")))
        _choose(self, "department", _usable(Department, kept_department))
        _choose(self, "room", _usable(Room, kept_room))


class DepartmentForm(forms.Form):
    """A part of the clinic."""

    name = forms.CharField(label=_("Name"), max_length=80)
    position = forms.IntegerField(
        label=_("Position"), min_value=0, max_value=32767, initial=100, help_text=_("Small numbers stand first.")
    )


class SiteForm(forms.Form):
    """A place where the clinic sees patients."""

    name = forms.CharField(label=_("Name"), max_length=80)
    address = forms.CharField(label=_("Address"), max_length=500, required=False, widget=forms.Textarea({"rows": 3}))


class RoomForm(forms.Form):
    """Where patients are seen."""

    name = forms.CharField(label=_("Name"), max_length=80)
    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none(), required=False)
    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "department", _usable(Department, self.initial.get("department")))
        _choose(self, "site", _usable(Site, self.initial.get("site")))


def _usable(kind: type[Any], kept: Any) -> QuerySet[Any]:
    return cast("QuerySet[Any]", kind._default_manager.filter(Q(is_active=True) | Q(pk=kept)))


def _choose(form: forms.Form, name: str, among: QuerySet[Any]) -> None:
    """Chosen when the form is used: what there is belongs to the clinic that was entered."""
    cast("forms.ModelChoiceField[Any]", form.fields[name]).queryset = among
