"""What has come in so far, and who brings it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from apps.accounts.models import User
from apps.core.refusals import Refusal
from apps.onboarding.models import ImportedRow
from apps.onboarding.synthea.export import Export
from apps.onboarding.synthea.files import BadRow
from apps.onboarding.synthea.records import Claim, Transaction

SOURCE = "synthea"


@dataclass
class Arrivals:
    """Ids there and ids here, by kind. What is entered is written with the transaction that made it, or forgotten."""

    known: dict[str, dict[str, UUID]] = field(default_factory=dict)
    fresh: list[ImportedRow] = field(default_factory=list)

    @classmethod
    def so_far(cls) -> "Arrivals":
        arrivals = cls()
        rows = ImportedRow.objects.filter(source=SOURCE).values_list("kind", "external_id", "our_id")
        for kind, external_id, our_id in rows.iterator(chunk_size=5000):
            arrivals.known.setdefault(kind, {})[external_id] = our_id
        return arrivals

    def find(self, kind: str, external_id: str) -> UUID | None:
        return self.known.get(kind, {}).get(external_id)

    def enter(self, kind: str, external_id: str, our_id: UUID, *, at: datetime) -> None:
        self.known.setdefault(kind, {})[external_id] = our_id
        self.fresh.append(ImportedRow(source=SOURCE, kind=kind, external_id=external_id, our_id=our_id, imported_at=at))

    def write(self) -> None:
        if self.fresh:
            ImportedRow.objects.bulk_create(self.fresh)

    def settle(self) -> None:
        """The transaction is committed."""
        self.fresh = []

    def forget_fresh(self) -> None:
        """The transaction was rolled back."""
        for row in self.fresh:
            self.known[row.kind].pop(row.external_id, None)
        self.fresh = []


@dataclass
class Run:
    """One run of an import: what is brought, who answers for it, and when it happens.

    What is replayed happens at the moments of the export; `at` is only when it was brought.
    """

    export: Export
    by: User
    at: datetime
    arrivals: Arrivals = field(default_factory=Arrivals)

    def enter(self, kind: str, external_id: str, our_id: UUID) -> None:
        self.arrivals.enter(kind, external_id, our_id, at=self.at)

    def find(self, kind: str, external_id: str) -> UUID | None:
        return self.arrivals.find(kind, external_id)

    def has(self, one: Transaction) -> bool:
        return self.find(one.type.lower(), one.id) is not None

    def has_all(self, claim: Claim) -> bool:
        """Whether everything of it that moves money is in."""
        return all(self.has(one) for one in claim.transactions if one.amount)


def words_of(problem: Exception) -> str:
    """Why something was refused, without a word of the row itself: it may be a patient's."""
    if isinstance(problem, BadRow):
        return str(problem)
    if isinstance(problem, Refusal):
        return f"{problem.field}: {problem}" if problem.field else str(problem)
    diagnosis = getattr(problem.__cause__, "diag", None)
    return f"The database refuses it ({getattr(diagnosis, 'constraint_name', None) or type(problem).__name__})."
