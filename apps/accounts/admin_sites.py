"""The two administration sites: a clinic's master data, and the platform's. Signing in is the house's own."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.utils import unquote
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from apps.accounts.access import open_to_all
from apps.audit.reads import record_read, record_reads


class HouseAdminSite(AdminSite):
    """An administration site for whoever holds one permission. What libraries register by themselves is left out."""

    permission = ""
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Groups, e-mail addresses and the like are kept by our own rules, which an admin page would go around."""
        models: Iterable[type[Model]] = (
            [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        )
        ours = [model for model in models if model.__module__.startswith("apps.")]
        if ours:
            super().register(ours, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.has_perm(self.permission)

    @open_to_all
    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Strangers sign in where everybody does; whoever is signed in and still comes here may not enter."""
        if request.user.is_authenticated:
            if not self.has_permission(request):
                raise PermissionDenied
            return HttpResponseRedirect(reverse("admin:index"))
        return redirect_to_login(reverse("admin:index"), reverse(settings.LOGIN_URL))

    def logout(  # type: ignore[override]  # sent on, not rendered
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account_logout")

    def password_change(  # type: ignore[override]  # sent on, not rendered
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("account_change_password")


class ClinicAdminSite(HouseAdminSite):
    """Set-up of one clinic: what changes seldom and belongs to no daily page."""

    site_header = _("Set-up")
    site_title = _("Set-up")
    index_title = _("Master data")
    permission = "accounts.use_admin_site"


class ConsoleAdminSite(HouseAdminSite):
    """Set-up of the platform."""

    site_header = _("Platform")
    site_title = _("Platform")
    index_title = _("Platform")
    permission = "console.view_clinics"


class HouseAdmin(ModelAdmin):  # type: ignore[type-arg]  # a generic only to the type checker
    """What all administration pages of the house share: the history of a row is what the trail knows of it."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the page offers. Django lets any column be asked for, and a hash is guessed letter by letter."""
        offered = [self.date_hierarchy, *self.get_list_filter(request)]
        return any(lookup == name or lookup.startswith(f"{name}__") for name in offered)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Every change by page, API, worker or SQL; Django's own list knows only of those made here."""
        try:
            trail = reverse("audit:trail")
        except NoReverseMatch:  # the platform has no trail page
            return super().history_view(request, object_id, extra_context)
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        return redirect(f"{trail}?{urlencode({'table': self.model._meta.db_table, 'row': row.pk})}")


class LookOnly(HouseAdmin):
    """For rows that only rules may change: to be found and read here, never edited."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class OfPatients(LookOnly):
    """Rows that tell of patients: whoever looks at them leaves a trace here too."""

    whose = "patient_id"  # where a row says of whom it tells
    read_as, listed_as = "chart", "list"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: Any = super().changelist_view(request, extra_context)
        if listed := getattr(response, "context_data", {}).get("cl"):
            record_reads({attrgetter(self.whose)(row) for row in listed.result_list}, self.listed_as)
        return response  # type: ignore[no-any-return]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: Any = super().change_view(request, object_id, form_url, extra_context)
        if row := getattr(response, "context_data", {}).get("original"):
            record_read(attrgetter(self.whose)(row), self.read_as)
        return response  # type: ignore[no-any-return]


console_admin = ConsoleAdminSite(name="admin")
