"""Who works in the demo's clinics, what they offer, and when they are open."""

from dataclasses import dataclass
from datetime import time
from decimal import Decimal

PASSWORD = "walk-by-the-river"  # noqa: S105 - of the demo, told to everybody
SYSTEM_ADMIN = ("Max Berger", "system@hpms.example")
EARLY, DAY, LATE = "early", "day", "late"
SHIFTS = {
    EARLY: ((time(8), time(14)), (time(11), time(11, 20), "Break")),
    DAY: ((time(9), time(18)), (time(13), time(13, 45), "Lunch")),
    LATE: ((time(12), time(20)), (time(16), time(16, 30), "Break")),
}


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who signs in. Who has a specialty sees patients."""

    name: str
    email: str
    roles: tuple[str, ...]
    specialty: str = ""
    qualification: str = ""
    department: str = ""
    room: str = ""
    shift: str = DAY
    day_off: int = 6  # as date.weekday() counts
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Type:
    """A kind of appointment, and what patients say they come for."""

    name: str
    minutes: int
    rate: Decimal
    colour: str
    tax: tuple[str, Decimal] = ("", Decimal(0))
    buffer_after: int = 0
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A service of the catalogue."""

    name: str
    category: str
    price: Decimal
    tax: tuple[str, Decimal] = ("", Decimal(0))


@dataclass(frozen=True, slots=True)
class Plan:
    """One clinic of the demo."""

    slug: str
    name: str
    timezone: str
    currency: str
    locale: str
    address: str
    phone: str
    email: str
    tax_id: str
    town: tuple[str, str, str]  # city, state, country
    dialling: str
    staff: tuple[Staff, ...]
    types: tuple[Type, ...]
    offers: tuple[Offer, ...]
    # Taxes of whole categories: name, rate in percent, category.
    taxes: tuple[tuple[str, Decimal, str], ...]
    patients: int
    scripts: tuple[str, ...]
    # How full the days are: of the past, today, the coming ones.
    past: float
    today: float
    coming: float
    methods: tuple[tuple[str, int], ...]
    has_gateway: bool = False

    @property
    def providers(self) -> list[Staff]:
        return [one for one in self.staff if one.specialty]

    def whoever(self, role: str) -> Staff:
        """The first who holds the role."""
        return next(one for one in self.staff if role in one.roles)


GST = ("GST", Decimal(18))
NEW, CHECK, FOLLOW, VACCINE = "New patient", "Check-up", "Follow-up", "Vaccination"
PHYSIO, SKIN, DENTAL = "Physiotherapy", "Skin treatment", "Dental treatment"
USUAL = (NEW, CHECK, CHECK, FOLLOW, FOLLOW)

RIVERSIDE = Plan(
    slug="riverside",
    name="Riverside Clinic",
    timezone="Asia/Kolkata",
    currency="INR",
    locale="en-in",
    address="14 River Road\nKoregaon Park\nPune 411001",
    phone="+91 20 5550 1400",
    email="desk@riverside.example",
    tax_id="27AAAAA0000A1Z5",
    town=("Pune", "Maharashtra", "India"),
    dialling="+91 98",
    staff=(
        Staff("Ada Mensah", "ada@riverside.example", ("clinic_admin",)),
        Staff("Sara Lindqvist", "sara@riverside.example", ("front_desk",)),
        Staff(
            "Dr Ravi Shah",
            "shah@riverside.example",
            ("provider",),
            "General medicine",
            "MBBS, MD",
            "General",
            "Room 1",
            types=USUAL,
            day_off=0,
        ),
        Staff(
            "Dr Leila Haddad",
            "haddad@riverside.example",
            ("provider",),
            "Paediatrics",
            "MBBS, DCH",
            "Children",
            "Room 2",
            types=(NEW, CHECK, FOLLOW, VACCINE, VACCINE),
            day_off=1,
        ),
        Staff(
            "Priya Silva",
            "silva@riverside.example",
            ("provider",),
            "Physiotherapy",
            "MPT",
            "Physiotherapy",
            "Gym",
            types=(PHYSIO,),
            day_off=2,
        ),
        Staff(
            "Dr Kenji Tanaka",
            "tanaka@riverside.example",
            ("provider",),
            "Dermatology",
            "MD",
            "Skin",
            "Room 3",
            types=(NEW, FOLLOW, SKIN),
            day_off=3,
        ),
        Staff(
            "Dr Femi Mensah",
            "mensah@riverside.example",
            ("provider",),
            "Cardiology",
            "MD, DM",
            "Heart",
            "Room 4",
            types=USUAL,
            shift=EARLY,
            day_off=4,
        ),
        Staff(
            "Dr Indira Kaur",
            "kaur@riverside.example",
            ("provider",),
            "Eye care",
            "MS",
            "Eyes",
            "Room 5",
            types=(CHECK, CHECK, FOLLOW, NEW),
            day_off=0,
        ),
        Staff(
            "Dr Zoë Ruiz",
            "ruiz@riverside.example",
            ("provider",),
            "Dentistry",
            "BDS, MDS",
            "Teeth",
            "Chair 1",
            types=(DENTAL, CHECK),
            day_off=1,
        ),
        Staff(
            "Dr Wei Chen",
            "chen@riverside.example",
            ("provider",),
            "Orthopaedics",
            "MS",
            "Bones",
            "Room 6",
            types=USUAL,
            day_off=2,
        ),
        Staff(
            "Dr Anjali Rao",
            "rao@riverside.example",
            ("provider",),
            "Gynaecology",
            "MD, DGO",
            "Women",
            "Room 7",
            types=USUAL,
            shift=LATE,
            day_off=3,
        ),
        Staff("Bela Novak", "bela@riverside.example", ("billing_manager",)),
        Staff("Cato Ruiz", "cato@riverside.example", ("cashier",)),
        Staff("Nia Okafor", "nia@riverside.example", ("nurse",)),
        Staff("Olu Adeyemi", "olu@riverside.example", ("compliance_officer",)),
    ),
    types=(
        Type(NEW, 30, Decimal(800), "indigo", reasons=("First visit", "Second opinion", "Referred by family doctor")),
        Type(
            CHECK, 20, Decimal(500), "azure", reasons=("Yearly check-up", "Fever since yesterday", "Cough", "Headache")
        ),
        Type(FOLLOW, 10, Decimal(300), "cyan", reasons=("Results", "After treatment", "")),
        Type(VACCINE, 10, Decimal(250), "lime", reasons=("Second dose", "School vaccination", "Influenza")),
        Type(
            PHYSIO, 40, Decimal(900), "green", buffer_after=5, reasons=("Back pain", "After knee surgery", "Shoulder")
        ),
        Type(SKIN, 30, Decimal(1500), "pink", GST, reasons=("Peel", "Acne treatment")),
        Type(DENTAL, 40, Decimal(1200), "teal", buffer_after=10, reasons=("Filling", "Cleaning", "Root canal")),
    ),
    offers=(
        Offer("Electrocardiogram", "test", Decimal(350)),
        Offer("Blood count", "test", Decimal(450)),
        Offer("X-ray, two views", "test", Decimal(700)),
        Offer("Dressing", "service", Decimal(200)),
        Offer("Influenza vaccine", "medicine", Decimal(650)),
        Offer("Medical certificate", "fee", Decimal(150), GST),
        Offer("Reading glasses", "optical", Decimal(1450)),
    ),
    taxes=(("CGST", Decimal(6), "optical"), ("SGST", Decimal(6), "optical")),  # the union's half and the state's
    patients=320,
    scripts=("Indian", "Indian", "Indian", "Devanagari", "Latin", "Arabic", "Tamil", "Europe", "Cyrillic"),
    past=0.12,
    today=0.86,
    coming=0.3,
    methods=(("cash", 30), ("upi", 40), ("card", 25), ("bank", 5)),
    has_gateway=True,
)

LAKESIDE = Plan(
    slug="lakeside",
    name="Lakeside Practice",
    timezone="America/New_York",
    currency="USD",
    locale="en-us",
    address="3 Lake Street\nCooperstown, NY 13326",
    phone="+1 607 555 0133",
    email="office@lakeside.example",
    tax_id="00-0000000",
    town=("Cooperstown", "New York", "United States"),
    dialling="+1 607 55",
    staff=(
        Staff("Lena Brandt", "lena@lakeside.example", ("clinic_admin",)),
        Staff("Finn Walsh", "finn@lakeside.example", ("front_desk", "cashier")),
        Staff(
            "Dr Grace Kim", "kim@lakeside.example", ("provider",), "Family medicine", "MD", "Family medicine", "Room A",
            types=("New patient", "Office visit", "Office visit", "Follow-up"),
        ),
        Staff(
            "Dr Omar Haddad", "omar@lakeside.example", ("provider",), "Internal medicine", "MD", "Family medicine",
            "Room B", types=("Office visit", "Follow-up"), day_off=5,
        ),
        Staff("Ines Duarte", "ines@lakeside.example", ("billing_manager",)),
    ),
    types=(
        Type("New patient", 40, Decimal("220.00"), "indigo", reasons=("First visit",)),
        Type("Office visit", 20, Decimal("145.00"), "azure", reasons=("Check-up", "Sore throat", "Blood pressure")),
        Type("Follow-up", 15, Decimal("95.00"), "cyan", reasons=("Results", "")),
    ),
    offers=(
        Offer("Strep test", "test", Decimal("35.00")),
        Offer("Lipid panel", "test", Decimal("62.50")),
        Offer("Flu shot", "medicine", Decimal("40.00")),
    ),
    taxes=(),
    patients=60,
    scripts=("Latin", "Latin", "Europe", "Cyrillic", "Arabic"),
    past=0.2,
    today=0.7,
    coming=0.3,
    methods=(("card", 60), ("cash", 10), ("cheque", 20), ("bank", 10)),
)  # fmt: skip

PLANS = (RIVERSIDE, LAKESIDE)
