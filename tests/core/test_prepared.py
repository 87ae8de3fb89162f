"""A query that is put into SQL once answers as Django's own does, each time with what it is asked."""

from datetime import UTC

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import RoleHolder, User
from apps.audit.models import AuditEvent
from apps.core.prepared import prepared


@prepared
def named(*, name, pks):
    return User.objects.filter(Q(full_name=name) | Q(pk__among=pks)).order_by("full_name")


@prepared
def columns(names, /, *, pk):
    return User.objects.filter(pk=pk).values_list(*names)


@prepared
def held_by(*, user):
    return RoleHolder.objects.select_related("user").filter(user=user)


@prepared
def everybody():
    return User.objects.order_by("full_name")


def test_each_time_with_what_is_asked(riverside, cast):
    with riverside.inside(by=cast.ada):
        assert named(name=cast.sara.full_name, pks=[]) == [cast.sara]
        assert named(name="nobody", pks=[cast.shah.pk, cast.ada.pk]) == [cast.ada, cast.shah]
        assert named.first(name="nobody", pks=[]) is None
        assert columns(("full_name",), pk=cast.sara.pk) == [(cast.sara.full_name,)]
        assert columns(("email", "is_active"), pk=cast.ada.pk) == [(cast.ada.email, True)]


def test_the_sql_is_written_once(riverside, cast):
    written = []

    @prepared
    def counted(*, pk):
        written.append(pk)
        return User.objects.filter(pk=pk)

    with riverside.inside(by=cast.ada):
        assert counted(pk=cast.ada.pk) == [cast.ada]
        assert counted(pk=cast.sara.pk) == [cast.sara]
    assert [repr(one) for one in written] == ["<given pk>"]


def test_objects_come_with_what_they_were_joined_to(riverside, cast):
    with riverside.inside(by=cast.ada):
        with CaptureQueriesContext(connection) as caught:
            assert [holder.user for holder in held_by(user=cast.ada.pk)] == [cast.ada]
        assert len(caught) == 1


def test_values_are_what_django_reads(riverside, cast):
    @prepared
    def of_all_kinds(names, /):
        return AuditEvent.objects.order_by("pk").values_list(*names)

    names = ("pk", "actor", "txid", "at", "patient_id")
    with riverside.inside(by=cast.ada):
        for some in (names, (*names, "new", "changed")):  # with the latter all comes as text
            read, django_s = of_all_kinds(some), list(AuditEvent.objects.order_by("pk").values_list(*some))
            assert read == django_s != []
            assert {type(value) for row in read for value in row} == {type(value) for row in django_s for value in row}
            assert {row[3].tzinfo for row in read} == {UTC}


def test_what_is_missing_or_too_much_is_refused(riverside, cast):
    with riverside.inside(by=cast.ada):
        for wrong in ({"name": "x"}, {"name": "x", "pks": [], "more": 1}):
            with pytest.raises(TypeError, match="name, pks"):
                named(**wrong)


def test_each_clinic_hears_of_its_own(riverside, lakeside, cast):
    with riverside.inside(by=cast.ada):
        here = everybody()
        assert here == list(User.objects.order_by("full_name"))
    with lakeside.inside():
        there = everybody()
        assert there == list(User.objects.order_by("full_name"))
    assert not {one.pk for one in here} & {one.pk for one in there}
