"""Which login a query uses when no clinic has been entered."""

from typing import Any

from django.db import connections, models

from apps.tenants.backend.base import DatabaseWrapper


class OwnerRouter:
    """The directory of clinics is read by the owner while a command migrates or provisions."""

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str | None:
        if model._meta.app_label != "tenants" or "owner" not in connections.settings:
            return None
        default = connections["default"]
        outside = isinstance(default, DatabaseWrapper) and default.context is None
        return "owner" if outside else None

    db_for_write = db_for_read
