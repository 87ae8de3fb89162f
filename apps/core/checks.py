"""Refuse to run with keys that protect nothing, or with sealed fields that could be confused."""

from collections import defaultdict
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import models

from apps.core import encryption
from apps.core.sealed import SealedField


@register(Tags.security)
def there_is_a_root_key(**kwargs: Any) -> list[CheckMessage]:
    """Production needs a root key of its own; the demo's is known to whoever may read its folder."""
    if not settings.PRODUCTION:
        return []
    try:
        encryption.root_key()
    except encryption.RootKeyError as error:
        return [Error(str(error), hint="Make one with `openssl rand -base64 32` and keep it safe.", id="core.E001")]
    return []


@register(Tags.models)
def sealed_fields_have_ids_of_their_own(**kwargs: Any) -> list[CheckMessage]:
    """Two fields with one id could have their values swapped within a row without anybody noticing."""
    holders: dict[str, list[models.Field[Any, Any]]] = defaultdict(list)
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if isinstance(field, SealedField):
                holders[field.field_id].append(field)
    return [
        Error(f"{len(fields)} sealed fields share the id “{field_id}”.", obj=fields[0], id="core.E002")
        for field_id, fields in sorted(holders.items())
        if len(fields) > 1
    ]
