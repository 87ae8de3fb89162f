"""What to look for in the trail."""

import re
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from apps.audit.models import AuditEvent
from apps.audit.people import actors
from apps.audit.trail import Search
from apps.audit.values import table_words, tables
from apps.core import naming
from apps.core.clock import FIRST_YEAR, LAST_YEAR
from apps.core.forms import DayInput

MARK = re.compile(r"[\w:. @-]{1,200}")
UNTRAILED = {"audit_event", "django_session", "django_content_type", "auditlog_logentry", "django_migrations"}

DONE = {
    AuditEvent.Action.CREATE.value: _("Created"),
    AuditEvent.Action.UPDATE.value: _("Changed"),
    AuditEvent.Action.DELETE.value: _("Deleted"),
    AuditEvent.Action.READ.value: _("Read"),
}


class TrailForm(forms.Form):
    """Filters of the trail; all may be left empty."""

    who = forms.ChoiceField(label=_("Who"), required=False)
    patient = forms.CharField(label=_("Patient number"), required=False, max_length=60)
    table = forms.ChoiceField(label=_("What"), required=False)
    action = forms.ChoiceField(label=_("Action"), required=False)
    first = forms.DateField(label=_("From"), required=False, widget=DayInput)
    last = forms.DateField(label=_("To"), required=False, widget=DayInput)
    request_id = forms.CharField(label=_("Request"), required=False, max_length=64)
    row = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, reader: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader
        staff = [(f"user:{person.pk}", str(person)) for person in get_user_model().objects.order_by("full_name")]
        everybody = [("", _("Anybody")), *staff, ("anonymous", _("Not signed in"))]
        asked = self.data.get("who", "")
        if asked and asked not in dict(everybody) and MARK.fullmatch(asked):  # a link from an event of the house's own
            everybody.append((asked, actors([asked], reader=reader)[asked].words))
        self._choices("who", everybody)
        known = sorted((table_words(name), name) for name in tables() if name not in UNTRAILED)
        self._choices("table", [("", _("Anything")), *[(name, words) for words, name in known]])
        self._choices("action", [("", _("Any")), *DONE.items()])
        self.fields["patient"].widget.attrs["placeholder"] = "PAT-2026-00001"

    def clean_patient(self) -> list[UUID] | None:
        typed = self.cleaned_data["patient"].strip()
        if not typed:
            return None
        found = naming.find("patient", typed, reader=self.reader)
        if not found:
            raise forms.ValidationError(_("There is no patient with the number “%(number)s”.") % {"number": typed})
        return found

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        for field, day in (("first", first), ("last", last)):
            if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
                self.add_error(field, _("Choose a day of this or the last century."))
        if first and last and first > last:
            self.add_error("last", _("The last day comes before the first."))
        return cleaned

    def search(self) -> Search:
        """What was asked for. Call after is_valid()."""
        asked = self.cleaned_data
        return Search(
            actor=asked["who"],
            patients=asked["patient"],
            table=asked["table"],
            row_id=asked["row"],
            action=asked["action"],
            request_id=asked["request_id"].strip(),
            first=asked["first"],
            last=asked["last"],
        )

    def _choices(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]
