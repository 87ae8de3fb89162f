"""The records of a Synthea export, each read from its row: people, visits, and the claims that ask for money."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, Self

from apps.billing.prices.sums import QuantityRefused, read_quantity
from apps.onboarding.synthea.files import BadRow, Place, Row

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
