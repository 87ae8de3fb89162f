"""Papers come out whatever script a name is written in."""

from pathlib import Path

import pytest
from django.utils import timezone

from apps.core.typesetting import typeset

TEMPLATE = Path(__file__).resolve().parents[2] / "apps/onboarding/demo/paper.typ"
ACCESSIBLE = b"pdfuaid:part"


def paper(name: str) -> bytes:
    data = {"title": "Letter", "name": name, "number": "PAT-2026-00001", "lines": []}
    return typeset(TEMPLATE, data, at=timezone.now())


@pytest.mark.parametrize(
    "name",
    ["Zoë Łukasz", "Ольга", "عائشة الخطيب", "अनुराधा", "சுபா", "సుధ", "ಸುಧಾ", "സുധ", "সুধা", "સુધા", "ਸੁਧਾ"],
)
def test_a_name_in_a_script_of_the_house_is_set_and_can_be_read_aloud(name: str) -> None:
    assert ACCESSIBLE in paper(name)


def test_a_name_in_a_script_without_a_font_still_gets_its_paper() -> None:
    gap = paper("สมชาย")
    assert gap.startswith(b"%PDF")
    assert ACCESSIBLE not in gap
