"""What tests of imports begin with."""

import pytest

from tests.onboarding.synthea_scene import SmallExport


@pytest.fixture
def small(tmp_path):
    return SmallExport(tmp_path)
