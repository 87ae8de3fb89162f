"""The work list of likely duplicates: found by comparing the register with itself, judged by people.

A worker compares whoever was registered or amended since it last looked (`compare_recent`); somebody may ask for the
whole register (`ask_for_all`), which goes on batch by batch, each in a transaction of its own, and continues where it
was stopped. A pair that somebody dismissed stays dismissed.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.refusals import Conflict
from apps.outbox import outbox
from apps.patients.duplicates import COMPARED, ENOUGH, details_of, weigh
from apps.patients.likeness import compare_many
from apps.patients.merging import SameRecord
from apps.patients.models import DuplicatePair, DuplicateSearch, Patient

KIND = "patients.compare_register"
BATCH = 500
BATCHES_A_STEP = 2
MOST_RECENT = 2000
# Transactions that were still open when the worker last looked: their rows carry an earlier time.
OVERLAP = timedelta(minutes=15)
FIELDS = (*COMPARED, "birth_date_estimated", "tenant_id", "last_activity_at")


class AlreadyJudged(Conflict):
    code = "pair_already_judged"
    message = _("Somebody has judged these two meanwhile.")


def dismiss(pair: DuplicatePair, *, by: User, at: datetime) -> DuplicatePair:
    """They are two people, and are not offered again. Raises AlreadyJudged."""
    with transaction.atomic():
        pair = DuplicatePair.objects.select_for_update(of=("self",)).get(pk=pair.pk)
        if pair.dismissed_at is not None:
            raise AlreadyJudged
        pair.dismissed_at, pair.dismissed_by = at, by
        pair.save(update_fields=["dismissed_at", "dismissed_by"])
    return pair


def dismiss_two(one: Patient, other: Patient, *, by: User, at: datetime, points: int = 0) -> DuplicatePair:
    """The same for two records that nobody has offered yet. Raises AlreadyJudged, SameRecord."""
    if one.pk == other.pk:
        raise SameRecord
    first, second = sorted((one.pk, other.pk))
    with transaction.atomic():
        pair, _made = DuplicatePair.objects.get_or_create(
            one_id=first, other_id=second, defaults={"points": points, "found_at": at}
        )
        return dismiss(pair, by=by, at=at)


def take_back(pair: DuplicatePair, *, by: User, at: datetime) -> DuplicatePair:
    """They may be one person after all: back on the list. Raises AlreadyJudged."""
    with transaction.atomic():
        pair = DuplicatePair.objects.select_for_update(of=("self",)).get(pk=pair.pk)
        if pair.dismissed_at is None:
            raise AlreadyJudged
        pair.dismissed_at, pair.dismissed_by = None, None
        pair.save(update_fields=["dismissed_at", "dismissed_by"])
    return pair


def ask_for_all(*, at: datetime) -> DuplicateSearch:
    """Compare the whole register with itself; a worker does it in steps. Asked again meanwhile, nothing happens."""
    with transaction.atomic():
        search = _the_search()
        _begin(search, at=at)
    return search


def compare_step(*, at: datetime) -> bool:
    """The next stretch of the whole register; whether it was the last. Called again for the same, it goes on."""
    with transaction.atomic():
        search = _the_search()
        if search.began_at is None or search.ended_at is not None:
            return True
        rows = Patient.objects.active().only(*FIELDS).order_by("pk")
        if search.reached:
            rows = rows.filter(pk__gt=search.reached)
        patients = list(rows[: BATCH * BATCHES_A_STEP])
        _compare(patients, at=at)
        if patients:
            search.reached = patients[-1].pk
            search.compared += len(patients)
        if len(patients) < BATCH * BATCHES_A_STEP:
            search.ended_at = at
            search.compared_until = max(search.began_at, search.compared_until or search.began_at)
        search.save(update_fields=["reached", "compared", "ended_at", "compared_until"])
    return search.ended_at is not None


def compare_recent(*, at: datetime) -> int:
    """Compare whoever was registered, amended or seen since the last time; how many.

    The first time, and after an import of thousands, the whole register is compared instead.
    """
    with transaction.atomic():
        search = _the_search()
        if search.compared_until is None:
            _begin(search, at=at)
            return 0
        rows = Patient.objects.active().only(*FIELDS).filter(last_activity_at__gte=search.compared_until - OVERLAP)
        patients = list(rows[: MOST_RECENT + 1])
        if len(patients) > MOST_RECENT:
            _begin(search, at=at)
            return 0
        _compare(patients, at=at)
        search.compared_until = max(at, search.compared_until)
        search.save(update_fields=["compared_until"])
    return len(patients)


def _begin(search: DuplicateSearch, *, at: datetime) -> None:
    if search.began_at is not None and search.ended_at is None:
        return
    search.began_at, search.ended_at, search.reached, search.compared = at, None, None, 0
    search.save(update_fields=["began_at", "ended_at", "reached", "compared"])
    outbox.put(KIND, {})


def _the_search() -> DuplicateSearch:
    DuplicateSearch.objects.bulk_create([DuplicateSearch()], ignore_conflicts=True)
    return DuplicateSearch.objects.select_for_update().get(is_only=True)


def _compare(patients: Sequence[Patient], *, at: datetime) -> None:
    today = day_of(at, profile.current().zone)
    for start in range(0, len(patients), BATCH):
        batch = patients[start : start + BATCH]
        _note(_alike(batch, today), at=at)
        _forget_no_longer_alike(batch, today)


def _alike(patients: Sequence[Patient], today: date) -> dict[tuple[UUID, UUID], int]:
    people: list[dict[str, Any]] = [details_of(patient, today=today) for patient in patients]
    pairs: dict[tuple[UUID, UUID], int] = {}
    for patient, found in zip(patients, compare_many(people, today=today), strict=True):
        for known, points in found:
            if known.pk != patient.pk:
                pair = (min(patient.pk, known.pk), max(patient.pk, known.pk))
                pairs[pair] = max(points, pairs.get(pair, 0))
    return pairs


def _note(pairs: dict[tuple[UUID, UUID], int], *, at: datetime) -> None:
    """Those that are not on the list yet. What was dismissed stays so, and nothing is written twice."""
    DuplicatePair.objects.bulk_create(
        (
            DuplicatePair(one_id=one, other_id=other, points=points, found_at=at)
            for (one, other), points in sorted(pairs.items())
        ),
        ignore_conflicts=True,
    )


def _forget_no_longer_alike(patients: Sequence[Patient], today: date) -> None:
    """Pairs of these patients on the list whose details were amended apart."""
    ids = [patient.pk for patient in patients]
    pairs = DuplicatePair.objects.to_review().filter(Q(one__in=ids) | Q(other__in=ids)).select_related("one", "other")
    gone = [pair.pk for pair in pairs.iterator(chunk_size=BATCH) if likeness(pair, today=today)[0] < ENOUGH]
    DuplicatePair.objects.filter(pk__in=gone).delete()


def likeness(pair: DuplicatePair, *, today: date) -> tuple[int, list[Any]]:
    """Points and reasons as they are now, from whichever side they are more."""
    return max(
        weigh(details_of(pair.one, today=today), pair.other, today),
        weigh(details_of(pair.other, today=today), pair.one, today),
        key=lambda weighed: weighed[0],
    )
