"""Staff and roles, to look up. They are changed on the staff pages, where the rules are."""

from django.contrib import admin

from apps.accounts.admin_sites import LookOnly, console_admin
from apps.accounts.models import ApiSession, Role, User


@admin.register(User, site=admin.site)
@admin.register(User, site=console_admin)
class UserAdmin(LookOnly):
    """Who may sign in."""

    list_display = ("full_name", "email", "is_active", "joined_at", "last_login")
    list_filter = ("is_active", "groups__role")
    search_fields = ("full_name", "email")
    fields = ("full_name", "email", "is_active", "is_staff", "invited_at", "joined_at", "last_login", "tenant_id")


@admin.register(Role)
class RoleAdmin(LookOnly):
    """The bundles."""

    list_display = ("name", "code", "is_system")
    fields = ("name", "code", "is_system")


@admin.register(ApiSession)
class ApiSessionAdmin(LookOnly):
    """Who uses the API."""

    list_display = ("user", "created_at", "used_at", "expires_at", "revoked_at", "revoked_because")
    list_select_related = ("user",)
    list_filter = ("revoked_because",)
    fields = ("user", "created_at", "used_at", "expires_at", "revoked_at", "revoked_because")
