from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.scheduling.cast import Cast, make_cast


@pytest.fixture
def cast(inside_riverside: Any) -> Cast:
    """Riverside's people on a Monday; the whole test happens inside."""
    return make_cast(ZoneInfo("Asia/Kolkata"))
