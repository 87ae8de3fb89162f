from collections.abc import Iterator, MutableMapping
from typing import Any

from django.apps import AppConfig
from django.db import connections


class PerClinicCache(MutableMapping[str, Any]):
    """ContentType ids differ per schema; Django's process-wide cache knows only the alias.

    django-tenants clears the cache on every switch, which two threads defeat.
    """

    def __init__(self) -> None:
        self.data: dict[tuple[str, str], Any] = {}

    def key(self, alias: str) -> tuple[str, str]:
        return alias, connections[alias].schema_name  # type: ignore[attr-defined]

    def __getitem__(self, alias: str) -> Any:
        return self.data[self.key(alias)]

    def __setitem__(self, alias: str, value: Any) -> None:
        self.data[self.key(alias)] = value

    def __delitem__(self, alias: str) -> None:
        del self.data[self.key(alias)]

    def clear(self) -> None:
        self.data.clear()

    def __iter__(self) -> Iterator[str]:
        return iter({alias for alias, _schema in self.data})

    def __len__(self) -> int:
        return len(self.data)


class TenantsConfig(AppConfig):
    name = "apps.tenants"

    def ready(self) -> None:
        from django.contrib.contenttypes.models import ContentType  # models are loaded only now

        from apps.tenants import checks  # noqa: F401  registers them
        from hpms import celery  # noqa: F401  whoever announces a task knows the broker

        ContentType.objects._cache = PerClinicCache()  # type: ignore[attr-defined]
