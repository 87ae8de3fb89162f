"""Sessions in the clinic's own schema, found by a prepared query: every page asks for one."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from apps.core.prepared import prepared


@prepared
def _standing(*, key: str, at: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=at)


class SessionStore(DatabaseSessions):
    def _get_session_from_db(self) -> Any:
        found = _standing.first(key=self.session_key, at=timezone.now())
        if found is None:
            self._session_key = None
        return found
