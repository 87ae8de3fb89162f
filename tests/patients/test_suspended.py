"""What is kept for a time goes after it in a suspended clinic too; nothing else is done there meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.outbox.models import Message
from apps.patients import tasks
from apps.patients.files import importing, steps
from apps.patients.models import ImportPart
from tests.beat import done_at_once, suspend
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients import papers
from tests.patients.factories import PatientFactory
from tests.patients.filed import file
from tests.patients.papers import shelf
from tests.patients.test_importing import AT, GOOD, check, upload

__all__ = ["shelf"]


@pytest.mark.usefixtures("shelf")
def test_files_without_a_document_go(
    riverside: ClinicUnderTest, platform: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with riverside.inside(by=cast.sara):
        asha = PatientFactory(by=cast.ada)
        with transaction.atomic():
            file(asha, cast.sara)
            transaction.set_rollback(True)
    assert papers.on_disk(riverside)
    suspend("riverside", platform)
    monkeypatch.setattr("apps.patients.documents.tidying.GRACE", timedelta(seconds=-60))
    tidied = done_at_once(tasks.tidy_documents, monkeypatch)
    asked = done_at_once(tasks.scan_again, monkeypatch)
    tasks.tidy_documents_of_every_clinic()
    tasks.scan_again_in_every_clinic()
    assert riverside.schema in tidied and riverside.schema not in asked
    assert papers.on_disk(riverside) == []


def test_files_of_imports_go_and_none_goes_on(
    riverside: ClinicUnderTest, platform: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with riverside.inside():
        upload(GOOD, cast.ada)
        half_done = importing.confirm(check(upload(GOOD, cast.ada)), by=cast.ada, at=AT)
        Message.objects.filter(kind=steps.KIND).update(given_up_at=AT)
    suspend("riverside", platform)
    emptied = done_at_once(tasks.empty_old_imports, monkeypatch)
    gone_on = done_at_once(tasks.go_on_with_imports, monkeypatch)
    tasks.empty_old_imports_in_every_clinic()
    tasks.go_on_with_imports_in_every_clinic()
    assert riverside.schema in emptied and riverside.schema not in gone_on
    with riverside.inside():
        assert [part.source_id for part in ImportPart.objects.all()] == [half_done.pk]
        assert not Message.objects.waiting().filter(kind=steps.KIND).exists()
