"""The demo's patients: families of many tongues, in their own scripts, who share names, phones and addresses."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from apps.onboarding.demo.plan import Plan

# Script → women's names, men's names, family names.
NAMES: dict[str, tuple[str, str, str]] = {
    "Indian": (
        "Asha Priya Kavya Meera Divya Anita Lakshmi Sunita Rekha Nisha Pooja Sneha Gauri Ishita Radha",
        "Rohan Arjun Vikram Sanjay Rahul Amit Suresh Karthik Nikhil Deepak Manoj Aditya Ganesh Harish Imran",
        "Sharma Patel Iyer Nair Rao Das Kulkarni Deshpande Joshi Khan Singh Reddy Menon Bose Pillai Shinde",
    ),
    "Devanagari": (
        "आशा प्रिया सुनीता कविता मीरा राधा सीता अनुराधा",
        "राहुल विकास अमित सुरेश महेश गणेश अर्जुन रवि",
        "शर्मा वर्मा गुप्ता जोशी कुलकर्णी पाटील देशमुख",
    ),
    "Latin": (
        "Emma Olivia Sara Nina Rosa Aisha Fatima Zoë Ana Lucía Leila Grace Hannah Ruth Chloe",
        "Liam John Omar Ivan Kofi Tomás Ali Daniel Samuel Peter Ben Noah Jack Luis David",
        "Smith García Ruiz Silva Novak Mensah Okafor Rossi Tanaka Haddad Berg Walsh Brown Kim Jones",
    ),
    "Arabic": ("فاطمة عائشة ليلى مريم نور سلمى", "أحمد عمر يوسف خالد حسن إبراهيم", "حداد منصور الخطيب النجار صالح"),
    "Tamil": ("கவிதா மீனா லட்சுமி", "முருகன் குமார் செல்வம்", "சுப்பிரமணியம் ராஜன்"),
    "Europe": (
        "Łucja Zofia Ayşe Chloé Åsa Björk Maëlle Đurđica",
        "Łukasz Jürgen Søren François Ștefan Óscar Mehmet",
        "Wójcik Müller Ångström O’Connor Nguyễn Yılmaz Çelik D’Angelo",
    ),
    "Cyrillic": ("Ольга Наталья Ирина", "Сергей Дмитрий Алексей", "Иванова Петренко Шевченко"),
}
LANGUAGES = {"Devanagari": "hi", "Arabic": "ar", "Tamil": "ta", "Cyrillic": "ru"}
STREETS = ("River Road", "Lake View", "Temple Lane", "Station Road", "Garden Street", "Hill Side", "Market Yard")
BLOOD = ("A+", "B+", "O+", "AB+", "O-", "")
NOTES = (
    "Prefers appointments in the morning.",
    "Hard of hearing: please speak slowly.",
    "Needs a wheelchair at the door.",
    "Allergic to penicillin (told at the desk).",
)
# How many of a household live together, and how often.
HOUSEHOLDS = (1, 1, 1, 1, 2, 2, 3, 4)


def patients_of(plan: Plan, *, today: date) -> Iterator[dict[str, Any]]:
    """The details of each patient, for `registration.register`; always the same for the same clinic and year."""
    random = Random(f"{plan.slug} patients")  # noqa: S311 - a demo, and the same one every time
    made = 0
    while made < plan.patients:
        for details in _household(plan, random, today):
            if made < plan.patients:
                made += 1
                yield details | _remarks(random, made)


def _household(plan: Plan, random: Random, today: date) -> Iterator[dict[str, Any]]:
    script = random.choice(plan.scripts)
    women, men, families = (names.split() for names in NAMES[script])
    city, state, country = plan.town
    shared = {
        "family_name": random.choice(families) if random.random() > 0.03 else "",  # some have one name only
        "phone": f"{plan.dialling}{random.randrange(10**8 if len(plan.dialling) < 7 else 10**5):0{_digits(plan)}d}",
        "address": f"{random.randrange(1, 180)} {random.choice(STREETS)}",
        "city": city,
        "state": state,
        "country": country,
        "preferred_language": LANGUAGES.get(script, "en"),
    }
    taken: set[str] = set()
    for place in range(random.choice(HOUSEHOLDS)):
        female = random.random() < 0.53
        given = random.choice([name for name in (women if female else men) if name not in taken] or women)
        taken.add(given)
        age = random.randrange(22, 86) if place < 2 else random.randrange(0, 18)
        yield shared | {
            "given_name": given,
            "sex": "female" if female else "male",
            "birth_date": date(today.year - age, 1, 1) - timedelta(days=random.randrange(1, 365)),
            "blood_group": random.choice(BLOOD),
        }


def _digits(plan: Plan) -> int:
    return 8 if len(plan.dialling) < 7 else 5


def _remarks(random: Random, number: int) -> dict[str, Any]:
    remarks: dict[str, Any] = {"email": f"patient{number}@mail.example"} if random.random() < 0.4 else {}
    if random.random() < 0.08:
        remarks["notes"] = random.choice(NOTES)
    if random.random() < 0.03:
        remarks["is_vip"] = True
    return remarks
