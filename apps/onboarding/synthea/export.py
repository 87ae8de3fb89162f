"""A Synthea export as the clinic sees it: its records put together, and what of it is refused or odd."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from apps.onboarding.synthea.files import BadRow, Place, Row, UnusableExport, rows_of
from apps.onboarding.synthea.records import Claim, Encounter, Person, Practitioner, Record, Transaction

PATIENTS, PROVIDERS, ENCOUNTERS = "patients.csv", "providers.csv", "encounters.csv"
CLAIMS, TRANSACTIONS = "claims.csv", "claims_transactions.csv"
NEEDED = {
    PATIENTS: ("ID", "BIRTHDATE", "DEATHDATE", "FIRST", "LAST", "GENDER"),
    PROVIDERS: ("ID", "NAME"),
    ENCOUNTERS: ("ID", "START", "STOP", "PATIENT", "PROVIDER", "CODE", "DESCRIPTION"),
    CLAIMS: ("ID", "PATIENTID", "APPOINTMENTID"),
    TRANSACTIONS: ("ID", "CLAIMID", "PATIENTID", "TYPE", "AMOUNT", "METHOD", "FROMDATE", "NOTES", "PAYMENTS"),
}

Kind = TypeVar("Kind", bound=Record)


@dataclass(slots=True)
class Refused:
    """A row that is not imported, and why."""

    place: Place
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"


@dataclass(slots=True)
class Export:
    """Everything that can be read of an export. `refused` are the rows that cannot; `notes` what was odd but is in."""

    people: dict[str, Person] = field(default_factory=dict)
    practitioners: dict[str, Practitioner] = field(default_factory=dict)
    encounters: list[Encounter] = field(default_factory=list)
    loose_claims: list[Claim] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    notes: list[Refused] = field(default_factory=list)
    lost: dict[tuple[str, str], Place] = field(default_factory=dict)  # where a file's id was refused

    def refuse(self, place: Place, why: str) -> None:
        self.refused.append(Refused(place, why))

    def refuse_claim(self, claim: Claim, why: str, is_in: Callable[[Transaction], bool] = lambda one: False) -> None:
        """With each row of it that is not in and moves money: the list tells what is missing in the books."""
        missing = [one for one in claim.transactions if one.amount and not is_in(one)]
        if claim.place.file == CLAIMS and (missing or not any(map(is_in, claim.transactions))):
            self.refuse(claim.place, why)
        for one in missing:
            self.refuse(one.place, f"{one}. {why}")

    def note(self, place: Place, why: str) -> None:
        self.notes.append(Refused(place, why))

    def odd(self) -> list[Refused]:
        """The notes on rows that are in."""
        gone = {one.place for one in self.refused}
        return [one for one in self.notes if one.place not in gone]

    def in_order(self, rows: list[Refused]) -> list[Refused]:
        """As they stand in the files."""
        return sorted(rows, key=lambda one: (list(NEEDED).index(one.place.file), one.place.line))


def read(folder: Path, *, now: datetime, tell: Callable[[str], None] = lambda words: None) -> Export:
    """Read an export; what lies after `now`, on the clinic's clock, is refused.

    Raises UnusableExport where folder, files or columns are not what Synthea writes.
    """
    if not folder.is_dir():
        raise UnusableExport(f"There is no folder {folder}.")
    for file, needed in NEEDED.items():  # say what is missing before an hour of reading
        next(rows_of(folder, file, needed, now), None)
    export = Export()

    def records(file: str, kind: type[Kind]) -> Iterator[Kind]:
        return _records(rows_of(folder, file, NEEDED[file], now), file, kind, export)

    tell("reading people")
    export.people = {person.id: person for person in records(PATIENTS, Person)}
    export.practitioners = {one.id: one for one in records(PROVIDERS, Practitioner)}
    tell("reading encounters")
    encounters = {one.id: one for one in records(ENCOUNTERS, Encounter)}
    _name_the_unnamed(encounters.values(), export)
    tell("reading claims")
    claims = {claim.id: claim for claim in records(CLAIMS, Claim)}
    for transaction in records(TRANSACTIONS, Transaction):
        _put_on_claim(transaction, claims, export)
    _give_to_visits(claims.values(), encounters, export)
    export.encounters = sorted(encounters.values(), key=lambda one: (one.starts_at, one.place.line))
    return export


def _records(rows: Iterable[Row], file: str, kind: type[Kind], export: Export) -> Iterator[Kind]:
    """The usable records of a file, each id once."""
    seen: dict[str, int] = {}
    for row in rows:
        try:
            if row.problem:
                raise BadRow(row.problem)
            record = kind.of(row)
            if record is None:
                continue
            if record.id in seen:
                raise BadRow(f"The id {record.id} stands in line {seen[record.id]} already.")
        except BadRow as problem:
            export.refuse(row.place, str(problem))
            if id_ := row.values.get("ID", "").strip():
                export.lost.setdefault((file, id_), row.place)
            continue
        seen[record.id] = row.place.line
        for words in row.oddities:
            export.note(row.place, words)
        yield record


def _name_the_unnamed(encounters: Iterable[Encounter], export: Export) -> None:
    """Synthea leaves PROVIDER empty where nobody of the organization fits: somebody of it has seen the patient."""
    for encounter in encounters:
        if not encounter.provider_id:
            whose = encounter.organization[:8]
            encounter.provider_id = f"unnamed {whose}"
            name = f"Unnamed provider ({whose})" if whose else "Unnamed provider"
            export.practitioners.setdefault(
                encounter.provider_id, Practitioner(encounter.provider_id, encounter.place, name)
            )
            export.note(encounter.place, f"No PROVIDER is named: “{name}”.")


def _put_on_claim(transaction: Transaction, claims: dict[str, Claim], export: Export) -> None:
    claim = claims.get(transaction.claim_id)
    if claim is None and (lost := export.lost.get((CLAIMS, transaction.claim_id))):
        export.refuse(transaction.place, f"{transaction}. Its claim was refused ({lost}).")
        return
    if claim is None:
        claim = claims[transaction.claim_id] = Claim(
            transaction.claim_id, transaction.place, transaction.patient_id, transaction.encounter_id, None, None
        )
        export.note(transaction.place, f"Its claim is not in {CLAIMS}; what it says itself is used.")
    if claim.patient_id != transaction.patient_id:
        export.refuse(transaction.place, "Its claim is another patient's.")
        return
    claim.transactions.append(transaction)


def _give_to_visits(claims: Iterable[Claim], encounters: dict[str, Encounter], export: Export) -> None:
    for claim in claims:
        encounter = encounters.get(claim.encounter_id)
        lost = export.lost.get((ENCOUNTERS, claim.encounter_id))
        if encounter is not None and encounter.patient_id == claim.patient_id:
            encounter.claims.append(claim)
        elif encounter is not None:
            export.refuse_claim(claim, "Its encounter is another patient's.")
        elif lost is not None:
            export.refuse_claim(claim, f"Its encounter was refused ({lost}).")
        else:
            if claim.encounter_id:
                export.note(claim.place, f"Its encounter is not in {ENCOUNTERS}: invoiced without a visit.")
            export.loose_claims.append(claim)
    for encounter in encounters.values():
        encounter.put_own_claim_first()
