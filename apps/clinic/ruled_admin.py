"""Administration pages whose every change goes through a rule; rows that history names are never deleted."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin_sites import HouseAdmin
from apps.core.clock import now
from apps.core.forms import beside
from apps.core.refusals import Refusal


class RuledForm(ModelForm):  # type: ignore[type-arg]  # a generic only to the type checker
    """What was typed goes to the rule; what the rule refuses stands beside its field, and nothing typed is lost."""

    rule: Callable[..., Model]  # given by the page: knows the row, who and when

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors or not self.has_changed():
            return
        try:
            self.instance = type(self).rule(**{name: self.cleaned_data[name] for name in self.fields})
        except Refusal as refusal:
            beside(self, refusal)

    def save(self, commit: bool = True) -> Any:
        """The rule has saved it."""
        self.save_m2m = lambda: None  # type: ignore[method-assign]
        return self.instance


class RuledAdmin(HouseAdmin):
    """Names its rules: adding(**typed), amending(row, **typed), closing(row), reopening(row), each with by and at."""

    form = RuledForm
    adding: ClassVar[Callable[..., Model] | None] = None
    amending: ClassVar[Callable[..., Model] | None] = None
    closing: ClassVar[Callable[..., Model] | None] = None
    reopening: ClassVar[Callable[..., Model] | None] = None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        rule, row = (type(self).amending, [obj]) if change else (type(self).adding, [])

        def ruled(**typed: Any) -> Model:
            assert rule is not None
            return rule(*row, by=request.user, at=now(), **typed)

        return type(form.__name__, (form,), {"rule": staticmethod(ruled)})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The form's rule has saved it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return type(self).adding is not None and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        if type(self).closing is None:
            actions.pop("take_out_of_use", None)
            actions.pop("use_again", None)
        return actions

    def response_action(self, request: HttpRequest, queryset: Any, *where: Any) -> HttpResponse | None:
        """As it is; but what is chosen may not be an id at all."""
        try:
            return super().response_action(request, queryset, *where)
        except ValidationError:
            raise BadRequest("What is chosen is no id.") from None

    @admin.action(description=_("Take out of use"))
    def take_out_of_use(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._each(request, queryset, type(self).closing)

    @admin.action(description=_("Use again"))
    def use_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._each(request, queryset, type(self).reopening)

    actions: Any = ("take_out_of_use", "use_again")

    def _each(self, request: HttpRequest, rows: QuerySet[Any], rule: Callable[..., Model] | None) -> None:
        for row in rows:
            try:
                assert rule is not None
                rule(row, by=request.user, at=now())
            except Refusal as refusal:
                self.message_user(request, f"{row}: {refusal}", messages.WARNING)
