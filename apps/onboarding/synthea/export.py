"""A Synthea export as the clinic sees it: people, visits, and the claims that ask for money."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol, Self, TypeVar

from apps.billing.prices.sums import QuantityRefused, read_quantity
from apps.onboarding.synthea.files import BadRow, Place, Row, UnusableExport, rows_of

PATIENTS, PROVIDERS, ENCOUNTERS = "patients.csv", "providers.csv", "encounters.csv"
CLAIMS, TRANSACTIONS = "claims.csv", "claims_transactions.csv"
NEEDED = {
    PATIENTS: ("ID", "BIRTHDATE", "DEATHDATE", "FIRST", "LAST", "GENDER"),
    PROVIDERS: ("ID", "NAME"),
    ENCOUNTERS: ("ID", "START", "STOP", "PATIENT", "PROVIDER", "CODE", "DESCRIPTION"),
    CLAIMS: ("ID", "PATIENTID", "APPOINTMENTID"),
    TRANSACTIONS: ("ID", "CLAIMID", "PATIENTID", "TYPE", "AMOUNT", "METHOD", "FROMDATE", "NOTES", "PAYMENTS"),
}
SEXES = {"M": "male", "F": "female", "": "unknown"}
CHARGE, PAYMENT, ADJUSTMENT = "CHARGE", "PAYMENT", "ADJUSTMENT"
# A transfer only says who owes from now on, patient or insurer; no money moves.
TRANSFERS = frozenset({"TRANSFERIN", "TRANSFEROUT"})


class Record(Protocol):
    """What every record has: its id there, and where it stands."""

    @property
    def id(self) -> str: ...
    @property
    def place(self) -> Place: ...
    @classmethod
    def of(cls, row: Row) -> Self | None: ...


Kind = TypeVar("Kind", bound=Record)


@dataclass(slots=True)
class Person:
    """A patient."""

    id: str
    place: Place
    given_name: str
    middle_name: str
    family_name: str
    sex: str
    born: date | None
    died: date | None
    national_id: str
    address: str
    city: str
    state: str
    postal_code: str

    @classmethod
    def of(cls, row: Row) -> Self:
        sex = row.text("GENDER").upper()
        given_name, family_name = row.text("FIRST"), row.text("LAST")
        if not given_name:  # who has one name has a given one
            given_name, family_name = family_name, ""
        return cls(
            id=row.id("ID"),
            place=row.place,
            given_name=given_name,
            middle_name=row.text("MIDDLE"),
            family_name=family_name,
            sex=SEXES.get(sex, "other"),
            born=row.day("BIRTHDATE"),
            died=row.day("DEATHDATE"),
            national_id=row.text("SSN"),
            address=row.text("ADDRESS"),
            city=row.text("CITY"),
            state=row.text("STATE"),
            postal_code=row.text("ZIP"),
        )


@dataclass(slots=True)
class Practitioner:
    """A provider."""

    id: str
    place: Place
    name: str
    specialty: str = ""

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(row.id("ID"), row.place, row.text("NAME"), row.text("SPECIALITY") or row.text("SPECIALTY"))


@dataclass(slots=True)
class Transaction:
    """A charge, a payment or an adjustment on a claim. `amount` is what it moves, whichever column it stands in."""

    id: str
    place: Place
    claim_id: str
    patient_id: str
    encounter_id: str
    type: str
    amount: Decimal
    method: str
    moment: datetime | None
    code: str
    words: str
    units: Decimal
    unit_amount: Decimal

    def __str__(self) -> str:
        return f"{self.type} of {self.amount:f}"

    @classmethod
    def of(cls, row: Row) -> Self | None:
        type_ = row.text("TYPE").upper()
        if type_ in TRANSFERS:
            return None
        if type_ not in {CHARGE, PAYMENT, ADJUSTMENT}:
            raise BadRow(f"TYPE “{type_[:20]}” is none that Synthea writes.")
        columns = {CHARGE: ("AMOUNT",), PAYMENT: ("PAYMENTS", "AMOUNT"), ADJUSTMENT: ("ADJUSTMENTS", "AMOUNT")}[type_]
        amount = row.amount(*columns)
        if amount is None:
            raise BadRow(f"{columns[0]} is empty.")
        units, unit_amount = _units(row, amount) if type_ == CHARGE else (Decimal(1), amount)
        return cls(
            id=row.id("ID"),
            place=row.place,
            claim_id=row.id("CLAIMID"),
            patient_id=row.id("PATIENTID"),
            encounter_id=row.text("APPOINTMENTID"),
            type=type_,
            amount=amount,
            method=row.text("METHOD").upper(),
            moment=row.moment("FROMDATE"),
            code=row.text("PROCEDURECODE"),
            words=row.text("NOTES") or row.text("PROCEDURECODE"),
            units=units,
            unit_amount=unit_amount,
        )


def _units(row: Row, amount: Decimal) -> tuple[Decimal, Decimal]:
    """How many of what price; one of the whole amount where that is not what they come to."""
    try:
        units, unit_amount = row.amount("UNITS"), row.amount("UNITAMOUNT")
        if units is not None and unit_amount is not None and units * unit_amount == amount:
            return read_quantity(units), unit_amount
    except (BadRow, QuantityRefused):
        row.oddities.append("UNITS times UNITAMOUNT is nothing that a line may charge: charged as 1 × AMOUNT.")
    return Decimal(1), amount


@dataclass(slots=True)
class Claim:
    """What is asked for at one occasion: it becomes an invoice, with the payments on it."""

    id: str
    place: Place
    patient_id: str
    encounter_id: str
    served_at: datetime | None
    billed_at: datetime | None
    transactions: list[Transaction] = field(default_factory=list)

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            id=row.id("ID"),
            place=row.place,
            patient_id=row.id("PATIENTID"),
            encounter_id=row.text("APPOINTMENTID"),
            served_at=row.moment("SERVICEDATE"),
            billed_at=row.moment("LASTBILLEDDATE1") or row.moment("LASTBILLEDDATEP"),
        )

    def of_type(self, *types: str) -> list[Transaction]:
        return [transaction for transaction in self.transactions if transaction.type in types]

    @property
    def began_at(self) -> datetime | None:
        moments = [transaction.moment for transaction in self.transactions if transaction.moment]
        return self.served_at or (min(moments) if moments else self.billed_at)


@dataclass(slots=True)
class Encounter:
    """A visit, with its claims: its own one first, then those for medicines."""

    id: str
    place: Place
    patient_id: str
    provider_id: str
    organization: str
    starts_at: datetime
    ends_at: datetime | None
    code: str
    words: str
    cost: Decimal
    claims: list[Claim] = field(default_factory=list)

    @classmethod
    def of(cls, row: Row) -> Self:
        starts_at, ends_at = row.moment("START"), row.moment("STOP")
        if starts_at is None:
            raise BadRow("START is empty.")
        if ends_at is not None and ends_at < starts_at:
            raise BadRow("STOP lies before START.")
        return cls(
            id=row.id("ID"),
            place=row.place,
            patient_id=row.id("PATIENT"),
            provider_id=row.id("PROVIDER") if row.text("PROVIDER") else "",
            organization=row.text("ORGANIZATION"),
            starts_at=starts_at,
            ends_at=ends_at,
            code=row.text("CODE"),
            words=row.text("DESCRIPTION") or row.text("ENCOUNTERCLASS") or "Encounter",
            cost=_cost(row),
        )

    def put_own_claim_first(self) -> None:
        """The encounter's own claim charges the encounter itself; where none does, the first in the file counts."""
        own = next((claim for claim in self.claims if self._is_charged_by(claim)), None)
        if own is not None:
            self.claims.remove(own)
            self.claims.insert(0, own)

    def _is_charged_by(self, claim: Claim) -> bool:
        return any(charge.code == self.code for charge in claim.of_type(CHARGE))


def _cost(row: Row) -> Decimal:
    """Only what its kind of visit is offered for from now on: no reason to refuse a visit."""
    try:
        return max(row.amount("BASE_ENCOUNTER_COST") or Decimal(0), Decimal(0))
    except BadRow as problem:
        row.oddities.append(f"{problem}: not used.")
        return Decimal(0)


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
            export.lost.setdefault((file, row.values.get("ID", "").strip()), row.place)
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
