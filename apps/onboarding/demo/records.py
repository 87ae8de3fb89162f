"""What the demo's clinics know of their patients: allergies, conditions, medicines, flags, insurance, consents."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.clinic import profile
from apps.core.clock import day_of
from apps.onboarding.demo.plan import Plan
from apps.patients import consent_texts, consents, record
from apps.patients.models import Allergy, Condition, ConsentForm, Coverage, Medication, Patient, PatientFlag
from apps.patients.partial import is_future

ALLERGIES: tuple[dict[str, Any], ...] = (
    {"substance": "Penicillin", "criticality": "high", "reaction": "Anaphylaxis", "severity": "severe"},
    {"substance": "Sulfonamides", "reaction": "Rash", "severity": "moderate", "verification": "confirmed"},
    {"substance": "Peanuts", "category": "food", "criticality": "high", "reaction": "Swelling of the face"},
    {"substance": "Latex", "category": "environment", "reaction": "Itching", "severity": "mild"},
    {"substance": "Ibuprofen", "reaction": "Wheezing", "severity": "moderate"},
    {"substance": "House dust mite", "category": "environment", "criticality": "low", "reaction": "Sneezing"},
)
# A condition, its ICD-10 code, and what is taken for it.
CONDITIONS = (
    ("Type 2 diabetes mellitus", "E11", "Metformin", "500 mg twice a day after meals"),
    ("Essential hypertension", "I10", "Amlodipine", "5 mg in the morning"),
    ("Asthma", "J45", "Salbutamol inhaler", "Two puffs when needed"),
    ("Hypothyroidism", "E03", "Levothyroxine", "75 µg before breakfast"),
    ("Migraine", "G43", "", ""),
    ("Osteoarthritis of the knee", "M17", "Paracetamol", "1 g up to three times a day"),
)
FLAGS: tuple[dict[str, Any], ...] = (
    {"code": "fall_risk"},
    {"code": "interpreter", "tone": "blue"},
    {"code": "hearing", "tone": "blue", "text": "speak to the left ear"},
    {"code": "mobility", "text": "wheelchair at the door"},
    {"code": "infection", "tone": "red", "audience": "clinical", "text": "MRSA carrier"},
)
PAYERS = {"INR": ("Star Health", "HDFC ERGO", "Niva Bupa"), "USD": ("Aetna", "Blue Cross", "Cigna")}
TEXTS = (
    (
        "Consent to examination and treatment",
        "treatment",
        24,
        "I agree to be examined and treated by the staff of this clinic. I was told in words that I understand what is "
        "planned, what it is good for and what may go wrong, and I could ask whatever I wanted to know.\n\n"
        "I know that no result can be promised, and that I may take this agreement back at any time.",
    ),
    (
        "How we keep your health information",
        "patient-privacy",
        None,
        "The clinic keeps what it learns about my health under lock and key and shows it only to those who treat me or "
        "settle my bills. Every look at it is recorded.\n\nI may ask what is kept about me, and have errors corrected.",
    ),
)


def know_patients(plan: Plan, at: datetime, ids: list[UUID]) -> None:
    """Ask them as they were registered: many have nothing, some have much, a few were never asked."""
    random = Random(f"{plan.slug} records")  # noqa: S311 - a demo, and the same one every time
    desk = _staff(plan, "front_desk")
    carer = next((one for one in plan.staff if "nurse" in one.roles), plan.whoever("provider"))
    nurse = User.objects.get(email=carer.email)
    texts = _publish_texts(_staff(plan, "clinic_admin"), at)
    patients = Patient.objects.in_bulk(ids)
    for patient in (patients[pk] for pk in ids if pk in patients):
        asked_at = min(at, patient.registered_at + timedelta(minutes=6))
        nurse.act()
        _ask(patient, random, nurse, asked_at)
        desk.act()
        _insure(patient, random, desk, asked_at)
        for text in texts:
            if random.random() < 0.7:
                _sign(patient, text, desk, asked_at, random)


def _staff(plan: Plan, role: str) -> User:
    return User.objects.get(email=plan.whoever(role).email)


def _publish_texts(by: User, at: datetime) -> list[ConsentForm]:
    by.act()
    began = at - timedelta(days=90)
    forms = []
    for title, scope, months, body in TEXTS:
        details = {"title": title, "scope": scope, "valid_months": months, "body": body, "is_required": True}
        draft = consent_texts.draft(by=by, at=began, language=profile.current().locale.split("-")[0], **details)
        forms.append(consent_texts.publish(draft, by=by, at=began))
    return forms


def _ask(patient: Patient, random: Random, by: User, at: datetime) -> None:
    if random.random() < 0.18:
        record.enter(Allergy, patient, by=by, at=at, **random.choice(ALLERGIES))
    elif random.random() < 0.8:
        record.say_no_known_allergies(patient, by=by, at=at)
    today = day_of(at, profile.current().zone)
    born: date | None = patient.birth_date
    is_grown = born is not None and (today - born).days > 30 * 365
    for name, code, medicine, dose in random.sample(CONDITIONS, random.choice((0, 0, 1, 1, 2)) if is_grown else 0):
        since = str(today.year - random.randrange(1, 12))
        assert not is_future(since, today)
        about = {"code_system": "icd-10", "code": code, "onset": since}
        record.enter(Condition, patient, by=by, at=at, name=name, **about)
        if medicine:
            record.enter(Medication, patient, by=by, at=at, name=medicine, dose=dose, reason=name, since=since)
    if random.random() < 0.08:
        record.enter(PatientFlag, patient, by=by, at=at, **random.choice(FLAGS))


def _insure(patient: Patient, random: Random, by: User, at: datetime) -> None:
    if random.random() > 0.35:
        return
    payers = PAYERS.get(profile.current().currency, PAYERS["USD"])
    until = day_of(at, profile.current().zone) + timedelta(days=random.randrange(-10, 360))
    number = f"{random.randrange(10**9):09d}"
    record.enter(Coverage, patient, by=by, at=at, payer=random.choice(payers), member_number=number, valid_until=until)


def _sign(patient: Patient, text: ConsentForm, by: User, at: datetime, random: Random) -> None:
    decision = "refused" if random.random() < 0.02 else "agreed"
    page = UUID(int=random.getrandbits(128), version=4)
    name = patient.full_name
    consents.sign(patient, text, by=by, at=at, asked_as=page, signer_name=name, decision=decision, device="tablet")
