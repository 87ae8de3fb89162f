"""What other departments have to say about a patient on the day sheet: "owes ₹450".

They stand above scheduling and may not be called from here, so they leave their remark when they are loaded::

    from apps.scheduling.sheets.remarks import add_remark

    add_remark("owed", owed_in_words)

`remark(patient_ids, reader)` gives words for those of whom there is something to say, in one query for all of them;
nothing to a reader who may not know it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from apps.accounts.models import User

Remark = Callable[[Collection[UUID], User], Mapping[UUID, str]]

_remarks: dict[str, Remark] = {}
_visit_remarks: dict[str, Remark] = {}


def add_remark(key: str, remark: Remark) -> None:
    """Leave a remark; the same key again replaces it. Called from an AppConfig's ready()."""
    _remarks[key] = remark


def remarks_on(patient_ids: Collection[UUID], *, reader: User) -> dict[UUID, str]:
    """All remarks on these patients, joined."""
    said: dict[UUID, list[str]] = defaultdict(list)
    if patient_ids:
        for remark in _remarks.values():
            for patient_id, words in remark(patient_ids, reader).items():
                said[patient_id].append(words)
    return {patient_id: " · ".join(words) for patient_id, words in said.items()}


def add_visit_remark(key: str, remark: Remark) -> None:
    """The same about single appointments, for the queue: "₹500 not taken"."""
    _visit_remarks[key] = remark


def visit_remarks_on(appointment_ids: Collection[UUID], *, reader: User) -> dict[UUID, str]:
    """All remarks on these appointments, joined."""
    said: dict[UUID, list[str]] = defaultdict(list)
    if appointment_ids:
        for remark in _visit_remarks.values():
            for appointment_id, words in remark(appointment_ids, reader).items():
                said[appointment_id].append(words)
    return {appointment_id: " · ".join(words) for appointment_id, words in said.items()}
