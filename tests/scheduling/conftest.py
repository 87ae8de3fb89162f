from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.scheduling.scene import Scene, make_scene


@pytest.fixture
def scene(inside_riverside: Any) -> Scene:
    """Riverside's people on a Monday; the whole test happens inside."""
    return make_scene(ZoneInfo("Asia/Kolkata"))
