from typing import Any

import pytest

from apps.accounts.models import User
from apps.patients import registration
from apps.patients.models import Patient
from tests.billing.cast import AT, Cast
from tests.cast import RIVERSIDE, people_of


@pytest.fixture
def cast(kept_cast: Cast, inside_riverside: Any) -> Cast:
    """Riverside's people and money; the whole test happens inside."""
    return kept_cast


@pytest.fixture
def people(riverside: Any) -> dict[str, User]:
    """Who works at Riverside, for a test that comes from outside: through pages or the API."""
    with riverside.inside():
        return people_of("riverside", RIVERSIDE)


@pytest.fixture
def asha(riverside: Any, people: dict[str, User]) -> Patient:
    """Asha Patel, registered at Riverside."""
    with riverside.inside(by=people["ada"]):
        return registration.register(by=people["ada"], at=AT, given_name="Asha", family_name="Patel")
