"""Forms of the register. They read what was typed; what makes sense is for `details` to say."""

from datetime import date
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from apps.patients.details import OLDEST
from apps.patients.lines import language_words
from apps.patients.models import BloodGroup, Patient, Sex
from apps.patients.spelling import day_within, order_of, spelled_day

# The languages that people name most often; any other code that a patient already has is offered besides.
LANGUAGES = ("ar bn de en es fa fr gu hi it ja kn ko ml mr ne nl pa pl pt ru sw ta te tr uk ur vi zh-hans").split()  # noqa: SIM905
HOW_DATES_LOOK = {"dmy": _("dd/mm/yyyy"), "mdy": _("mm/dd/yyyy"), "ymd": _("yyyy-mm-dd")}
DATE_PATTERNS = {"dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y", "ymd": "%Y-%m-%d"}
AGE = _("An age is a whole number of years, from 0 to 130.")
FLAGS = ("is_vip", "is_blocked", "blocked_reason")


def _line(name: str, *, autocomplete: str = "off", **kwargs: Any) -> forms.CharField:
    """A line of text named as the model names it. Browsers must not offer the last patient's details."""
    field = Patient._meta.get_field(name)
    kwargs.setdefault("label", field.verbose_name)  # type: ignore[union-attr]
    kwargs.setdefault("required", False)
    kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": autocomplete, **kwargs.pop("attrs", {})}))
    return forms.CharField(max_length=field.max_length, **kwargs)  # type: ignore[union-attr]


class DayOfBirth(forms.CharField):
    """A date in any spelling, read as people of the clinic's country write it."""

    locale = "en"
    today = date.max

    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        if not text:
            return None
        day = spelled_day(text, locale=self.locale, today=self.today)
        if day is None and spelled_day(text, locale=self.locale, today=date.max):
            raise forms.ValidationError(_("This date of birth is in the future."))
        if day is None:
            raise forms.ValidationError(_("Write the date of birth as a day, month and year."))
        return day

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.clean(initial) != self.clean(data)
        except forms.ValidationError:
            return True


class PatientForm(forms.Form):
    """Register and amend use the same form, in the order in which the desk asks."""

    given_name = _line("given_name", required=True, attrs={"autofocus": True, "autocapitalize": "words"})
    middle_name = _line("middle_name", attrs={"autocapitalize": "words"})
    family_name = _line("family_name", attrs={"autocapitalize": "words"})
    preferred_name = _line("preferred_name", help_text=_("What they like to be called, if it is another name."))
    sex = forms.ChoiceField(label=_("sex"), choices=Sex, initial=Sex.UNKNOWN, widget=forms.RadioSelect)
    birth_date = DayOfBirth(label=_("date of birth"), required=False)
    age = forms.IntegerField(
        label=_("or age"),
        required=False,
        min_value=0,
        max_value=OLDEST,
        help_text=_("In years, if nobody knows the date."),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), AGE),
        widget=forms.NumberInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )

    phone = _line("phone", attrs={"inputmode": "tel"}, help_text=_("Members of a family may share one."))
    other_phone = _line("other_phone", attrs={"inputmode": "tel"})
    email = _line("email", attrs={"inputmode": "email"})
    preferred_language = forms.ChoiceField(label=_("preferred language"), required=False)

    address = _line("address", widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}))
    city = _line("city")
    state = _line("state")
    postal_code = _line("postal_code")
    country = _line("country")

    emergency_name = _line("emergency_name")
    emergency_relationship = _line("emergency_relationship", help_text=_("Mother, husband, neighbour …"))
    emergency_phone = _line("emergency_phone", attrs={"inputmode": "tel"})

    national_id = _line("national_id")
    blood_group = forms.ChoiceField(
        label=_("blood group"), required=False, choices=[("", _("Not known")), *BloodGroup.choices]
    )
    notes = _line("notes", widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}))

    is_vip = forms.BooleanField(label=_("VIP"), required=False)
    is_blocked = forms.BooleanField(
        label=_("Blocked"), required=False, help_text=_("Whoever opens the chart is warned and told the reason.")
    )
    blocked_reason = _line("blocked_reason")

    def __init__(
        self,
        data: Any = None,
        *,
        today: date,
        locale: str,
        may_flag: bool,
        patient: Patient | None = None,
        typed: str = "",
    ) -> None:
        """`typed` is what was searched for in vain: it is where a new patient's details begin."""
        initial = _of_patient(patient, today, locale) if patient else _of_search(typed, today, locale)
        super().__init__(data, initial=initial)
        for field in self.fields.values():
            field.label = capfirst(field.label)
        if data is not None:
            del self.fields["given_name"].widget.attrs["autofocus"]  # the summary of errors takes the focus
        birth = self.fields["birth_date"]
        assert isinstance(birth, DayOfBirth)
        birth.locale, birth.today = locale, today
        birth.widget.attrs.update(placeholder=HOW_DATES_LOOK[order_of(locale)], autocomplete="off")
        language = self.fields["preferred_language"]
        assert isinstance(language, forms.ChoiceField)
        language.choices = _languages(patient.preferred_language if patient else "")
        if not may_flag:
            for name in FLAGS:
                del self.fields[name]

    def details(self) -> dict[str, Any]:
        """What a new patient is registered with."""
        return {name: value for name, value in self.cleaned_data.items() if name != "age" or value is not None}

    def changes(self) -> dict[str, Any]:
        """What was changed in the form of a known patient; nothing else is written."""
        changed = set(self.changed_data)
        details = {name: self.cleaned_data[name] for name in changed - {"birth_date", "age"}}
        if changed & {"birth_date", "age"}:
            details["birth_date"] = self.cleaned_data["birth_date"]
            # An estimated age that stood in the form does not argue with the date that replaces it.
            if "age" in changed and self.cleaned_data["age"] is not None:
                details["age"] = self.cleaned_data["age"]
        return details


class SearchForm(forms.Form):
    """The one line in which anything may be typed."""

    q = forms.CharField(required=False, max_length=120, strip=True)


class ListForm(forms.Form):
    """What the list shows besides active patients."""

    status = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[
            ("", _("Active patients")),
            ("inactive", _("Deactivated")),
            ("merged", _("Merged into others")),
            ("all", _("All")),
        ],
    )
    flag = forms.ChoiceField(
        label=_("Marked"), required=False, choices=[("", _("Any")), ("vip", _("VIP")), ("blocked", _("Blocked"))]
    )


class DeactivationForm(forms.Form):
    """Why somebody leaves the lists."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text=_("Registered twice, moved away, died …"),
    )


def _of_patient(patient: Patient, today: date, locale: str) -> dict[str, Any]:
    initial = {name: getattr(patient, name) for name in PatientForm.base_fields if name != "age"}
    born: date | None = patient.birth_date
    if born and patient.birth_date_estimated:
        initial |= {"birth_date": "", "age": patient.age_on(today)}
    elif born:
        initial["birth_date"] = born.strftime(DATE_PATTERNS[order_of(locale)])
    return initial


def _of_search(typed: str, today: date, locale: str) -> dict[str, Any]:
    """ "asha sharma 98450 12345" is a name and a phone, or a name and a date of birth."""
    born, typed = day_within(typed, locale=locale, today=today)
    words = [word for word in typed.split() if not any(sign.isdigit() for sign in word)]
    figures = " ".join(word for word in typed.split() if any(sign.isdigit() for sign in word))
    names = [word if word != word.lower() else word.capitalize() for word in words]
    initial: dict[str, Any] = {"given_name": " ".join(names[:1]), "family_name": " ".join(names[1:])}
    if spelled := spelled_day(figures, locale=locale, today=today):
        born, figures = spelled, ""
    if born:
        initial["birth_date"] = born.strftime(DATE_PATTERNS[order_of(locale)])
    if len(figures) >= 6 and not figures.upper().startswith("PAT"):
        initial["phone"] = figures
    return initial


def _languages(known: str) -> list[tuple[str, Any]]:
    codes = [*LANGUAGES, known] if known and known not in LANGUAGES else list(LANGUAGES)
    names = [(code, language_words(code)) for code in codes]
    return [("", _("Not known")), *sorted(names, key=lambda pair: pair[1].casefold())]
