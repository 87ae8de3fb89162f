"""Which details the merged record keeps, and why two records are merged or taken apart."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from apps.patients.merging import CHOICES
from apps.patients.models import Patient


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class MergeForm(ReasonForm):
    """The survivor, and for each detail that differs whose it is."""

    survivor = forms.UUIDField(widget=forms.HiddenInput)
    survivor_version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    duplicate_version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, data: Any = None, *, survivor: Patient, duplicate: Patient, differing: list[str]) -> None:
        super().__init__(
            data,
            initial={
                "survivor": survivor.pk,
                "survivor_version": survivor.version,
                "duplicate_version": duplicate.version,
                "reason": _("Registered twice"),
            },
        )
        for name in differing:
            # What the survivor lacks is taken from the other unless somebody says otherwise.
            keeps = getattr(survivor, name) not in (None, "", "unknown")
            self.fields[f"take_{name}"] = forms.ChoiceField(
                label=capfirst(str(Patient._meta.get_field(name).verbose_name)),  # type: ignore[union-attr]
                choices=[("survivor", survivor.number), ("duplicate", duplicate.number)],
                initial="survivor" if keeps else "duplicate",
                widget=forms.RadioSelect,
            )

    def taken(self) -> set[str]:
        """The details that come from the duplicate."""
        return {name for name in CHOICES if self.cleaned_data.get(f"take_{name}") == "duplicate"}

    @property
    def versions(self) -> tuple[int, int]:
        return self.cleaned_data["survivor_version"], self.cleaned_data["duplicate_version"]


class NumberForm(forms.Form):
    """The other record, by its number."""

    number = forms.CharField(label=_("Patient number"), max_length=20)
