"""Forms of consents: the text as the clinic admin writes it, and the answer as the patient gives it."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf.locale import LANG_INFO
from django.utils.translation import gettext_lazy as _

from apps.patients.consent_texts import DETAILS
from apps.patients.consents import LONGEST_SIGNATURE
from apps.patients.forms.patients import LANGUAGES
from apps.patients.models import ConsentForm
from apps.patients.models.consents import Decision, SignedBy


class ConsentTextForm(forms.ModelForm):  # type: ignore[type-arg]
    """A draft of a text."""

    class Meta:
        model = ConsentForm
        fields = DETAILS
        widgets = {"body": forms.Textarea(attrs={"rows": 14})}
        help_texts = {"body": _("An empty line begins a paragraph.")}

    def __init__(self, *args: Any, is_first: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(code, LANG_INFO.get(code, {}).get("name_local", code)) for code in LANGUAGES]
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), choices=sorted(names, key=lambda pair: str(pair[1]).casefold())
        )
        if is_first:
            del self.fields["asks_again"]

    def _post_clean(self) -> None:
        """The rules check and save; a form that put its values into the row would be a second set of rules."""


class LanguageForm(forms.Form):
    """Into which language a text is to be translated; empty for its next version."""

    language = forms.ChoiceField(required=False, choices=[("", ""), *((code, code) for code in LANGUAGES)])


class SignatureForm(forms.Form):
    """What the patient answers, and who signs."""

    signed_by = forms.ChoiceField(label=_("Who signs"), choices=SignedBy, initial=SignedBy.SELF)
    signer_name = forms.CharField(
        label=_("Name of whoever signs"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "words"}),
        help_text=_("Without a drawn signature the typed name is the signature."),
    )
    drawing = forms.CharField(required=False, max_length=LONGEST_SIGNATURE, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("If they refuse: why"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    decision = forms.ChoiceField(choices=Decision, widget=forms.HiddenInput)
    asked_as = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, name: str = "", is_minor: bool = False) -> None:
        """For a minor somebody else signs, unless the law of the place lets them: so it begins, and may be changed."""
        signer = {"signer_name": "", "signed_by": SignedBy.PARENT} if is_minor else {"signer_name": name}
        super().__init__(data, initial={**signer, "asked_as": uuid4(), "decision": Decision.AGREED})
        self.is_minor = is_minor

    @property
    def page_id(self) -> UUID | str:
        """What tells this page from another; the same after an error, so that a repeat is known as one."""
        page: UUID | str = self.data.get("asked_as") or self.initial["asked_as"]
        return page
