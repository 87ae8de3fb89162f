"""Sessions in the clinic's own schema, found by a prepared query: every page asks for one.

Only a hash of the key is kept, as of all that opens a door: who reads the table, or a copy of it, is not signed in.
"""

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from apps.core.prepared import prepared

LONGEST = 40  # what Django's column holds: 160 bits


@prepared
def _standing(*, key: str, at: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=at)


class SessionStore(DatabaseSessions):
    def _get_session_from_db(self) -> Any:
        found = _standing.first(key=_hash(self.session_key or ""), at=timezone.now())
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        return super().exists(_hash(session_key))

    def create_model_instance(self, data: Any) -> Any:
        kept = super().create_model_instance(data)
        kept.session_key = _hash(kept.session_key)
        return kept

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            super().delete(_hash(key))


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:LONGEST]
