"""Likely duplicates, comparing, merging and taking apart."""

from datetime import UTC, datetime

from apps.patients import merging, review
from apps.patients.models import DuplicatePair
from tests.patients.factories import PatientFactory
from tests.permissions.roles import only

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def reviewer(anonymous, status, **more):
    return {"anonymous": anonymous, "clinic_admin": status, "front_desk": status, "*": 403, **more}


ROWS = {
    "patients:duplicates": reviewer(302, 200),
    "POST patients:duplicates_search": reviewer(302, 302),
    "POST patients:dismissal": reviewer(302, 302),
    "patients:likely": reviewer(302, 200),
    "patients:comparison": reviewer(302, 200),
    "POST patients:comparison": {**only(302, 400), "front_desk": 403},
    "POST patients:told_apart": reviewer(302, 302),
    "patients:separation": only(302, 200),
    "POST patients:separation": only(302, 302),
    "GET api-patient-duplicates": reviewer(401, 200),
    "POST api-patient-dismissal": reviewer(401, 200),
    "DELETE api-patient-dismissal": reviewer(401, 409),
    "GET api-patient-merges": {"anonymous": 401, "*": 200},
    "POST api-patient-merges": only(401, 400),
    "POST api-patient-separation": only(401, 200),
}


def kwargs(name, cast):
    one, other = PatientFactory(by=cast.ada), PatientFactory(by=cast.ada)
    if "separation" in name:
        return {"pk": merging.merge(one, other, by=cast.ada, at=AT, reason="Twice").pk}
    if "dismissal" in name:
        review.compare_recent(at=AT)
        first, second = sorted((one.pk, other.pk))
        return {"pk": DuplicatePair.objects.create(one_id=first, other_id=second, points=100, found_at=AT).pk}
    if "comparison" in name or "told_apart" in name:
        return {"pk": one.pk, "other": other.pk}
    if name.endswith(("duplicates", "duplicates_search")):
        return {}
    return {"pk": one.pk}


def data(name, cast):
    return {"reason": "Two people"} if "separation" in name else {}
