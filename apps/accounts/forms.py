"""What is typed about staff and roles."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.accounts import roles


class InviteForm(forms.Form):
    """Who is to be let in, and as what."""

    full_name = forms.CharField(label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    roles = forms.MultipleChoiceField(label=_("Roles"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = self.fields["roles"]
        assert isinstance(choices, forms.MultipleChoiceField)
        choices.choices = [(role.code, roles.name_of(role)) for role in roles.all_roles()]


class JoinForm(forms.Form):
    """What somebody who was invited tells us: their name and the password they choose."""

    full_name = forms.CharField(
        label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password1 = forms.CharField(
        label=_("Choose a password"),
        help_text=_("At least 10 letters or digits, and not a word that is easy to guess."),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("The same again"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("password1") and cleaned.get("password2") and cleaned["password1"] != cleaned["password2"]:
            self.add_error("password2", _("The two passwords differ."))
        return cleaned


class MeForm(forms.Form):
    """What somebody may change about themselves."""

    full_name = forms.CharField(
        label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class Bundle(forms.MultipleChoiceField):
    """What a role may do in one department. None of it is an answer as well, so that it is not called optional."""

    widget = forms.CheckboxSelectMultiple

    def validate(self, value: list[str]) -> None:
        if value:
            super().validate(value)


class RoleForm(forms.Form):
    """What the holders of a role may do, app by app."""

    name = forms.CharField(label=_("Name"), max_length=80)

    def __init__(self, *args: Any, keeps_name: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if keeps_name:
            del self.fields["name"]
        for app in roles.declared():
            if app.permissions:
                self.fields[app.app_label] = Bundle(
                    label=app.words,
                    choices=[(f"{app.app_label}.{code}", _now(words)) for code, words in app.permissions.items()],
                )

    @property
    def permissions(self) -> set[str]:
        """The names of everything that is ticked."""
        return {name for key, names in self.cleaned_data.items() if key != "name" for name in names}
