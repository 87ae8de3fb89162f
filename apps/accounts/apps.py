from django.apps import AppConfig
from django.contrib.admin import apps as admin

# `admin.site` is made on first use; said here, before any app is ready, because the admin's own config stays as it is
# (its name decides which schemas hold its table).
admin.AdminConfig.default_site = "apps.accounts.admin_sites.ClinicAdminSite"


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    verbose_name = "Staff"

    def ready(self) -> None:
        from apps.accounts import receivers  # noqa: F401  connects them; models are loaded only now
        from apps.accounts.naming import name_staff
        from apps.core import naming

        naming.register("user", name_staff)
