"""Forms of ID cards."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.patients.models import BirthOnCard, CardReason, IdCard


class CardForm(forms.Form):
    """A card for a patient: the first, or another with a reason."""

    reason = forms.ChoiceField(label=_("Why another card"), choices=CardReason.choices)
    replaces = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, valid: IdCard | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if valid is None:
            self.fields["reason"].required = False
            self.fields["reason"].widget = forms.HiddenInput()
        else:
            again = [choice for choice in CardReason.choices if choice[0] != CardReason.FIRST]
            self.fields["reason"].choices = [("", _("Choose …")), *again]  # type: ignore[attr-defined]
            self.fields["replaces"].initial = valid.pk


class DesignForm(forms.Form):
    """What stands on the clinic's cards."""

    birth = forms.ChoiceField(label=_("Birth"), choices=BirthOnCard.choices)
    shows_sex = forms.BooleanField(label=_("Sex"), required=False)
    shows_blood_group = forms.BooleanField(label=_("Blood group"), required=False)
    has_back = forms.BooleanField(
        label=_("Print a back side"), required=False, help_text=_("With the address to return a found card to.")
    )
