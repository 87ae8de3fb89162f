"""How forms are drawn (one form template, one field template, widgets in the kit's clothes) and refused."""

from functools import cache
from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.http import QueryDict
from django.template import TemplateDoesNotExist, engines
from django.template.loader import get_template

from apps.core.refusals import Refusal

_CHOOSERS = (forms.CheckboxSelectMultiple, forms.RadioSelect)


def beside(form: forms.BaseForm, refusal: Refusal) -> int:
    """Put the words of a refusal beside the fields that they are about, or above the form; answers its status."""
    for name, words in refusal.by_field().items():
        form.add_error(name if name in form.fields else None, str(words))
    return refusal.status


def typed(form: type[forms.BaseForm], data: QueryDict) -> dict[str, Any]:
    """What was typed, to begin a form with that is shown again unjudged: whatever may be chosen several times, too."""
    fields = form.base_fields.items()  # type: ignore[attr-defined]
    return {name: field.widget.value_from_datadict(data, {}, name) for name, field in fields}


class HouseField(forms.BoundField):
    """A field that dresses its widget; Django already ties help and error to it by aria-describedby."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        widget = widget or self.field.widget
        dressed: dict[str, Any] = super().build_widget_attrs(attrs, widget)
        classes = [str(dressed.get("class") or widget.attrs.get("class", "")), _class_of(widget)]
        if self.errors and not self.is_hidden and not isinstance(widget, _CHOOSERS):
            classes.append("is-invalid")
        if text := " ".join(filter(None, classes)):
            dressed["class"] = text
        return dressed

    @property
    def is_tick(self) -> bool:
        """A single tick box has its label behind it."""
        return isinstance(self.field.widget, forms.CheckboxInput)


def _class_of(widget: forms.Widget) -> str:
    if widget.is_hidden:
        return ""
    if isinstance(widget, _CHOOSERS):
        return ""  # their box carries the attributes too
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    return "form-control"


class HouseRenderer(TemplatesSetting):
    """FORM_RENDERER: {{ form }} gives an error summary and fields; {{ form.name.as_field_group }} one field."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    bound_field_class = HouseField

    def get_template(self, template_name: str) -> Any:
        """Fields and Django's own widgets are drawn by the quick engine (apps/core/quick.py): a form has hundreds of
        small templates. What it does not have (the administration's widgets) is drawn by the other."""
        return _template(template_name)


@cache
def _template(name: str) -> Any:
    try:
        return engines["quick"].get_template(name)
    except TemplateDoesNotExist:
        return get_template(name)


class DayInput(forms.DateInput):
    """The browser's own calendar; always speaks ISO, whatever the locale."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class ClockInput(forms.TimeInput):
    """The browser's own clock, in five-minute steps."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"step": 300, **(attrs or {})}, format="%H:%M")
