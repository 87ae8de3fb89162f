"""What beat asks of every clinic, done at once instead of by a worker."""

from typing import Any

import pytest
from django.core import signing
from django.utils import timezone

from apps.tenants import provisioning
from apps.tenants.models import Clinic
from apps.tenants.tasks import SALT, ClinicTask


def done_at_once(task: ClinicTask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whoever sends that task does it. Answers the schemas in which it was done, one by one as it comes to them."""
    done: list[str] = []

    def apply_async(*, headers: dict[str, str]) -> None:
        done.append(signing.loads(headers["hpms"], salt=SALT)[0])
        task.push_request(headers=headers)
        try:
            task()
        finally:
            task.pop_request()

    monkeypatch.setattr(task, "apply_async", apply_async)
    return done


def suspend(slug: str, platform: Any) -> None:
    """Close a clinic's door."""
    with platform.inside(actor="test"):
        provisioning.suspend(Clinic.objects.get(slug=slug), at=timezone.now(), reason="Unpaid")
