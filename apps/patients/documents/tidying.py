"""Files without a row (their filing was rolled back, or the process was killed) go; rows without a file are told."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.patients.documents import vault
from apps.patients.models import DocumentVersion

# Far longer than any filing takes: a young file's row may be about to be committed.
GRACE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tidied:
    removed: int
    missing: list[str]  # "document id/version" of rows whose file is gone


def tidy(*, at: datetime) -> Tidied:
    """Tidy the folder of the clinic that was entered."""
    rows = dict(DocumentVersion.objects.values_list("storage_name", "pk"))
    names = set(vault.stored_names())
    removed = 0
    for name in names - rows.keys():
        if vault.age_of(name) < (at - GRACE).timestamp():
            vault.discard(name)
            removed += 1
    gone = [rows[name] for name in rows.keys() - names]
    missing = [str(version) for version in DocumentVersion.objects.filter(pk__in=gone).only("document_id", "n")]
    return Tidied(removed, sorted(missing))
