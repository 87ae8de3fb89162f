from typing import Any

import pytest

from tests.billing.cast import Cast, make_cast


@pytest.fixture
def cast(inside_riverside: Any) -> Cast:
    """Riverside's people and money; the whole test happens inside."""
    return make_cast()
