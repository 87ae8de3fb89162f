"""What is kept for a time goes after it, in a suspended clinic too."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.accounts import tasks
from apps.accounts.models import ApiSession
from apps.core import idempotency
from apps.core.models import IdempotencyRecord
from tests.beat import done_at_once, suspend
from tests.cast import PASSWORD, Cast


def test_a_suspended_clinic_forgets_ended_sessions_and_kept_answers(
    riverside: Any, platform: Any, cast: Cast, web: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    web(riverside, cast.sara)
    desk = api(riverside, cast.sara)
    api(riverside).post("/api/v1/token/", {"email": cast.sara.email, "password": PASSWORD})
    added = desk.post("/api/v1/patients/", PATIENT, headers={"Idempotency-Key": "once"})
    assert added.status_code == 201, added.json()
    long_ago = timezone.now() - max(tasks.KEEP_ENDED, idempotency.KEEP) - timedelta(hours=1)
    with riverside.inside():
        Session.objects.update(expire_date=long_ago)
        ApiSession.objects.update(expires_at=long_ago)
        IdempotencyRecord.objects.update(created_at=long_ago)
        assert all(kept.objects.exists() for kept in KEPT)
    suspend("riverside", platform)
    tidied = done_at_once(tasks.tidy, monkeypatch)
    tasks.tidy_every_clinic()
    assert riverside.schema in tidied
    with riverside.inside():
        assert not any(kept.objects.exists() for kept in KEPT)


KEPT = (Session, ApiSession, IdempotencyRecord)
PATIENT = {"given_name": "Asha", "family_name": "Rao", "sex": "female", "birth_date": "1990-01-31"}
