"""Forms of an import: the file, what its columns are, how it is read."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.patients.files import columns, csv_files
from apps.patients.models import ImportLine, PatientImport


class UploadForm(forms.Form):
    """A CSV file."""

    file = forms.FileField(
        label=_("CSV file"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv"}),
        help_text=_("Its first row names the columns. At most 20 MB and 100,000 rows."),
        error_messages={"empty": _("This file is empty.")},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > csv_files.MOST_BYTES:
            raise forms.ValidationError(_("This file is larger than 20 MB. Split it."))
        return file


class ReadingForm(forms.Form):
    """How the file is written."""

    encoding = forms.ChoiceField(label=_("Encoding"), choices=csv_files.ENCODINGS.items)
    separator = forms.ChoiceField(label=_("Columns are parted by"), choices=csv_files.SEPARATORS.items)


class MatchingForm(forms.Form):
    """What each column is, and what is done about people who may be known already."""

    date_order = forms.ChoiceField(
        label=_("Dates such as 03/04/1984 are"), choices=columns.DATES.items, widget=forms.RadioSelect
    )
    on_duplicate = forms.ChoiceField(
        label=_("Rows that look like a known patient"),
        choices=ImportLine.CHOICES,
        help_text=_("You can choose otherwise for single rows before anything is imported."),
    )

    def __init__(self, data: Any = None, *, file: PatientImport, header: Sequence[str]) -> None:
        super().__init__(data, initial={"date_order": file.date_order, "on_duplicate": file.on_duplicate})
        choices = [("", _("Leave out")), *((field, columns.label_of(field)) for field in columns.FIELDS)]
        mapping = file.mapping if len(file.mapping) == len(header) else columns.guess(header)
        for place, name in enumerate(header):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=name or _("Column %(place)d") % {"place": place + 1},
                choices=choices,
                required=False,
                initial=mapping[place],
            )
        self.width = len(header)

    def mapping(self) -> list[str]:
        return [self.cleaned_data[f"column_{place}"] for place in range(self.width)]


class ExportForm(forms.Form):
    """Which patients, which columns, and for which program."""

    status = forms.ChoiceField(
        label=_("Patients"),
        required=False,
        choices=[("", _("Active patients")), ("inactive", _("Deactivated")), ("all", _("All"))],
    )
    flag = forms.ChoiceField(
        label=_("Marked"), required=False, choices=[("", _("Any")), ("vip", _("VIP")), ("blocked", _("Blocked"))]
    )
    columns = forms.MultipleChoiceField(label=_("Columns"), widget=forms.CheckboxSelectMultiple)
    for_excel = forms.BooleanField(
        label=_("For Excel"), required=False, initial=True, help_text=_("Marks the file as UTF-8, which Excel needs.")
    )

    def __init__(self, data: Any = None, *, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        choices = self.fields["columns"]
        assert isinstance(choices, forms.MultipleChoiceField)
        choices.choices = [(field, columns.label_of(field)) for field in ("number", *columns.DETAILS)]
