"""The cache: every key carries its clinic, and a cache that is away slows nobody down."""

import json
import logging
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from django.db import connection
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def key_of_clinic(key: str, prefix: str, version: int) -> str:
    """No clinic ever sees what another has cached."""
    context = getattr(connection, "context", None)
    return f"{prefix}:{version}:{context.clinic if context else '-'}:{key}"


class PlainWords:
    """What is cached, as JSON. Django would take objects out of Redis, and whoever writes there could give it one that
    runs commands when it is read.
    """

    def dumps(self, value: Any) -> int | str:
        return value if type(value) is int else json.dumps(value)  # Redis counts whole numbers itself

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


class PatientCache(RedisCache):
    """Redis; while it is away, this process's own memory: sign-in must go on, limits only become laxer."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, {**params, "OPTIONS": {**params.get("OPTIONS", {}), "serializer": PlainWords}})
        self.own = LocMemCache("hpms-meanwhile", params)

    def _either(self, name: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(super(), name)(*args, **kwargs)
        except (RedisError, OSError) as problem:
            log.warning("The cache is away (%s).", type(problem).__name__)
            return getattr(self.own, name)(*args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("add", *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("touch", *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("delete", *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> Any:
        return self._either("incr", *args, **kwargs)
