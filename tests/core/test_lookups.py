"""Ids in one array: the same rows as `__in`, whatever they are given as."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.audit.models import AuditEvent


def test_as_in_but_with_one_parameter(riverside, cast):
    with riverside.inside(by=cast.ada):
        ids = [cast.sara.pk, cast.shah.pk]
        with CaptureQueriesContext(connection) as caught:
            assert set(User.objects.filter(pk__among=ids)) == set(User.objects.filter(pk__in=ids))
        assert "= ANY(" in caught.captured_queries[0]["sql"]
        assert set(User.objects.filter(pk__among={cast.sara.pk})) == {cast.sara}
        assert not User.objects.filter(pk__among=()).exists()
        assert cast.sara not in User.objects.exclude(pk__among=(pk for pk in ids))


def test_moments_come_in_utc(riverside, cast):
    with riverside.inside(by=cast.ada):
        with connection.cursor() as cursor:
            cursor.execute("SELECT timestamptz '2026-03-29 02:30:00.5+05:30', timestamptz '1900-01-01 00:00+00'")
            found = cursor.fetchone()
        assert [one.isoformat() for one in found] == ["2026-03-28T21:00:00.500000+00:00", "1900-01-01T00:00:00+00:00"]
        assert AuditEvent.objects.earliest("at").at.utcoffset().total_seconds() == 0
