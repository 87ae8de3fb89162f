"""Papers come out whatever script a name is written in."""

from pathlib import Path

from django.utils import timezone

from apps.core.typesetting import typeset

TEMPLATE = Path(__file__).resolve().parents[2] / "apps/onboarding/demo/paper.typ"


def test_a_name_in_a_script_without_a_font_still_gets_its_paper() -> None:
    data = {"title": "Letter", "name": "சுபா", "number": "PAT-2026-00001", "lines": []}
    assert typeset(TEMPLATE, data, at=timezone.now()).startswith(b"%PDF")
