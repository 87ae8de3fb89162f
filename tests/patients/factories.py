"""Patients for tests, registered by the rule that the pages call."""

from datetime import UTC, date, datetime
from typing import Any

import factory

from apps.patients.models import Patient
from apps.patients.registration import register

REGISTERED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class PatientFactory(factory.Factory[Patient]):
    """Asha Sharma, unless told otherwise. Call inside a clinic: PatientFactory(by=ada, given_name="Ravi")."""

    class Meta:
        model = Patient

    by = None
    at = REGISTERED
    given_name = "Asha"
    family_name = "Sharma"
    sex = "female"
    birth_date = date(1984, 3, 12)
    phone = factory.Sequence(lambda n: f"+91 98450 {n:05d}")

    @classmethod
    def _create(cls, model_class: type[Patient], *args: Any, **details: Any) -> Patient:
        if "age" in details:
            details.pop("birth_date")
        return register(**details)
