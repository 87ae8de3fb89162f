"""Forms of documents. They read what was typed; what makes sense is for `documents.filing` and `.sharing` to say."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.core.forms import DayInput
from apps.patients.documents import kinds
from apps.patients.documents.filing import LONGEST_REASON, LONGEST_TITLE
from apps.patients.documents.sharing import LONGEST_RECIPIENT, MOST_DOWNLOADS
from apps.patients.models import Category, Document

LONGEST_ADDRESS = 400  # the whole address of a link may be pasted, and hosts may be long


class FileInput(forms.ClearableFileInput):
    """The plain input that works everywhere; the script makes its surroundings a place to drop files on."""

    allow_multiple_selected = True


class TagsField(forms.CharField):
    """Tags, with commas between them."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Tags"))
        kwargs.setdefault("help_text", _("With commas between them: diabetes, fasting"))
        super().__init__(max_length=400, required=False, **kwargs)
        self.widget.attrs["autocomplete"] = "off"

    def clean(self, value: Any) -> list[str]:
        return [tag for tag in (super().clean(value) or "").split(",") if tag.strip()]


class DocumentForm(forms.Form):
    """What is said about a document."""

    title = forms.CharField(
        label=_("Title"), max_length=LONGEST_TITLE, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    category = forms.ChoiceField(label=_("Kind"), choices=Category.choices)
    dated_on = forms.DateField(label=_("Dated"), widget=DayInput())
    tags = TagsField()

    @staticmethod
    def of(document: Document) -> dict[str, Any]:
        return {
            "title": document.title,
            "category": document.category,
            "dated_on": document.dated_on,
            "tags": ", ".join(document.tags),
        }


class FilingForm(DocumentForm):
    """New documents: one file or several."""

    file = forms.Field(
        label=_("Files"), required=False, widget=FileInput(attrs={"accept": kinds.ACCEPT, "multiple": True})
    )
    field_order = ("file", "category", "title", "dated_on", "tags")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("title", "dated_on"):
            self.fields[name].required = False
        self.fields["category"].initial = Category.OTHER
        self.fields["title"].help_text = _("Left empty: the file's name.")
        self.fields["dated_on"].help_text = _("Left empty: today.")

    @property
    def most(self) -> int:
        """Megabytes that one file may have."""
        return int(settings.HPMS_LARGEST_DOCUMENT) // 1024 // 1024


class VersionForm(forms.Form):
    """A newer file of the same document."""

    file = forms.Field(
        label=_("A newer file"),
        error_messages={"required": _("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": kinds.ACCEPT}),
    )


class ReasonForm(forms.Form):
    """Why a document leaves the lists."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        required=False,  # the rule says when
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )


class FilterForm(forms.Form):
    """Narrow the list."""

    category = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("All kinds")), *Category.choices])
    # Its blind token: a tag may be a diagnosis, and this stands in the address.
    tag = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput())
    status = forms.ChoiceField(
        label=_("Show"), required=False, choices=[("", _("In use")), ("all", _("Also superseded and in error"))]
    )


class ShareForm(forms.Form):
    """A link for somebody outside."""

    recipient = forms.CharField(
        label=_("For whom"),
        max_length=LONGEST_RECIPIENT,
        help_text=_("Dr Mehta, City Hospital"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    days = forms.TypedChoiceField(
        label=_("Works for"),
        coerce=int,
        initial=7,
        choices=[
            (1, _("1 day")),
            (3, _("3 days")),
            (7, _("7 days")),
            (14, _("14 days")),
            (30, _("30 days")),
            (90, _("90 days")),
        ],
    )
    most_downloads = forms.IntegerField(label=_("Downloads at most"), min_value=1, max_value=MOST_DOWNLOADS, initial=5)
    with_pin = forms.BooleanField(
        label=_("With a PIN"),
        required=False,
        initial=True,
        help_text=_("Tell it another way than the link: by phone, or on paper."),
    )


class LinkForm(forms.Form):
    """What somebody outside brings: the token from behind the # of their link, and the PIN."""

    code = forms.CharField(
        label=_("Code"),
        max_length=LONGEST_ADDRESS,
        help_text=_("What stands behind the # in the address of your link."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "data-link-code": ""}),
    )
    pin = forms.CharField(
        label=_("PIN"),
        max_length=12,
        required=False,
        help_text=_("If you were told one."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
