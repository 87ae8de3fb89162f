"""The demo's documents and ID cards: some patients have brought papers, one of them twice, and one is shared."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.clock import day_of
from apps.core.typesetting import typeset
from apps.onboarding.demo.furnish import SOURCE, inside, is_done, note_done, person
from apps.onboarding.demo.plan import Plan
from apps.onboarding.models import ImportedRow
from apps.patients.cards import issuing
from apps.patients.documents import filing, sharing
from apps.patients.models import Document, Patient
from apps.tenants.models import Clinic

TEMPLATE = Path(__file__).parent / "paper.typ"
# title, category, tags, days ago, lines
PAPERS = (
    ("Blood count", "lab_report", ("blood",), 40, ("Haemoglobin 12.8 g/dl", "Leucocytes 6.4 /nl", "Platelets 241 /nl")),
    ("HbA1c", "lab_report", ("diabetes", "fasting"), 33, ("HbA1c 7.1 %", "Fasting glucose 138 mg/dl")),
    (
        "Referral to physiotherapy",
        "referral",
        ("back pain",),
        21,
        ("Low back pain for weeks.", "Please treat."),
    ),
    ("Insurance card", "insurance", (), 60, ("Valid until the end of next year",)),
    ("Chest X-ray, report", "imaging", ("chest",), 12, ("No infiltrates. Heart of normal size.",)),
    ("Discharge letter", "letter", ("hospital",), 9, ("Discharged in good condition.", "Review in two weeks.")),
)
WITH_PAPERS, WITH_CARDS = 9, 12


def file_papers(plan: Plan, clinic: Clinic, *, at: datetime, tell: Callable[[str], None]) -> None:
    """Once a clinic."""
    with inside(clinic):
        if is_done("part", "papers"):
            return
        tell(f"{plan.name}: documents")
        by = person(plan.whoever("front_desk"))
        by.act()
        patients = _patients()
        for place, patient in enumerate(patients[:WITH_PAPERS]):
            for title, category, tags, days, lines in PAPERS[place % 3 :: 3]:
                made = at - timedelta(days=days, minutes=7 * place)
                upload = _paper(patient, title, lines, made)
                filing.file_document(
                    patient,
                    upload=upload,
                    title=title,
                    category=category,
                    tags=tags,
                    dated_on=day_of(made, profile.current().zone),
                    by=by,
                    at=made,
                )
        _correct_one(by, at)
        for place, patient in enumerate(patients[:WITH_CARDS]):
            issuing.issue(patient, by=by, at=at - timedelta(days=20, minutes=place))
        note_done("part", "papers", clinic.pk, at=at)


def _correct_one(by: User, at: datetime) -> None:
    """One report came again, corrected, and went to a colleague."""
    first = Document.objects.filter(category="lab_report").select_related("patient").order_by("filed_at")[0]
    corrected = _paper(first.patient, "Blood count, corrected", ("Haemoglobin 13.1 g/dl",), at)
    version = filing.add_version(first, upload=corrected, by=by, at=at - timedelta(days=3))
    sharing.share(version, recipient="Dr Mehta, City Hospital", days=30, by=by, at=at - timedelta(days=2))


def _patients() -> list[Patient]:
    ours = ImportedRow.objects.filter(source=SOURCE, kind="patient").order_by("id").values_list("our_id", flat=True)
    known = Patient.objects.active().in_bulk(list(ours[: 3 * WITH_CARDS]))
    return list(known.values())


def _paper(patient: Patient, title: str, lines: tuple[str, ...], at: datetime) -> SimpleUploadedFile:
    data = {"title": title, "name": patient.full_name, "number": patient.number, "lines": list(lines)}
    return SimpleUploadedFile(f"{title}.pdf", typeset(TEMPLATE, data, at=at))
