"""Replay a Synthea export through the rules that the pages call, one visit a transaction.

What has come in is remembered in the transaction that made it (ImportedRow): a second run changes nothing, and one
that was killed goes on where it stopped. A row that a rule refuses is reported and does not stop the others.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, transaction

from apps.core.refusals import Refusal
from apps.onboarding.synthea.arrivals import Arrivals, Run, words_of
from apps.onboarding.synthea.closed import refuse_closed
from apps.onboarding.synthea.files import BadRow
from apps.onboarding.synthea.people import add_provider, note_death, register
from apps.onboarding.synthea.records import Claim, Encounter, Person
from apps.onboarding.synthea.visits import Visits


class AnotherImport(Exception):
    """Two imports into one clinic at once: the second one stops."""


class Replay:
    """`enter` opens a transaction inside the clinic; `tell` hears of the progress: what, how many, of how many."""

    visits: Visits

    def __init__(
        self,
        run: Run,
        *,
        enter: Callable[[], AbstractContextManager[Any]],
        tell: Callable[[str, int, int], None] = lambda what, done, of: None,
    ) -> None:
        self.run, self.enter, self.tell = run, enter, tell
        self.export = run.export
        self.first_seen: dict[str, datetime] = {}
        for encounter in self.export.encounters:
            self.first_seen.setdefault(encounter.patient_id, encounter.starts_at)

    def everything(self) -> None:
        """Bring in what is missing, in the order in which it happened. Raises InClosedDays, AnotherImport."""
        export, run = self.export, self.run
        with self.enter():
            run.arrivals = Arrivals.so_far()
            refuse_closed(run)
            self.visits = Visits(run)
        people = sorted(export.people.values(), key=lambda person: (self._met_at(person), person.place.line))
        self._each("patients", people, lambda person: register(person, run, first_seen=self._met_at(person)))
        needed = dict.fromkeys(encounter.provider_id for encounter in export.encounters)
        known = [export.practitioners[id_] for id_ in needed if id_ in export.practitioners]
        self._each("providers", known, lambda practitioner: add_provider(practitioner, run))
        self._each("visits", export.encounters, self.visits.replay)
        loose = sorted(export.loose_claims, key=lambda claim: (claim.began_at or run.at, claim.place.line))
        self._each("claims without a visit", loose, self.visits.replay_loose)
        dead = [person for person in export.people.values() if person.died]
        self._each("deaths", dead, lambda person: note_death(person, run))

    def _met_at(self, person: Person) -> datetime:
        return self.first_seen.get(person.id, self.run.at)

    # --- one transaction a piece -----------------------------------------------------------------------------------

    def _each(self, what: str, pieces: Iterable[Any], work: Callable[[Any], None]) -> None:
        pieces = list(pieces)
        for done, piece in enumerate(pieces, start=1):
            said = len(self.export.refused)
            try:
                with self.enter():
                    work(piece)
                    self._write_down()
            except (BadRow, Refusal, DataError, IntegrityError) as problem:
                self.run.arrivals.forget_fresh()
                self.visits.forget_types()
                del self.export.refused[said:]  # of rows that are not in for another reason now
                self._refuse(piece, words_of(problem))
            else:
                self.run.arrivals.settle()
            self.tell(what, done, len(pieces))

    def _refuse(self, piece: Any, why: str) -> None:
        """A piece, and all the money that stays out with it."""
        if isinstance(piece, Claim):
            self.export.refuse_claim(piece, why, self.run.has)
            return
        self.export.refuse(piece.place, why)
        if isinstance(piece, Encounter):
            for claim in piece.claims:
                self.export.refuse_claim(claim, f"Its encounter was refused ({piece.place}).", self.run.has)
        else:
            self.export.lost[piece.place.file, piece.id] = piece.place

    def _write_down(self) -> None:
        try:
            with transaction.atomic():
                self.run.arrivals.write()
        except IntegrityError as problem:
            raise AnotherImport from problem
