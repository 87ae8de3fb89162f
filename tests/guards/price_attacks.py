"""What is tried against price lists and packages, for test_every_money_guard.py."""

from typing import Any

from apps.accounts.models import User
from apps.billing.models import PackagePart, PatientPriceList, Price, VisitPrice
from apps.billing.prices import catalogue, packages, price_lists, visit_prices
from apps.patients.models import Patient
from apps.scheduling.models import AppointmentType
from tests.billing.cast import AT
from tests.guards.siege import Attack, attack, copy, insert, update

PRICE_LIST, PRICE, PART = "billing_pricelist", "billing_price", "billing_packagepart"
VISIT_PRICE = "billing_visitprice"
PATIENTS_LIST, INVOICES_LIST, LINE = "billing_patientpricelist", "billing_invoicepricelist", "billing_invoiceline"
SAYS = {"list_of_a_draft": "its price list can no longer change"}
ATTACKS: dict[tuple[str, str], Attack] = {
    (PRICE_LIST, "one_price_list_of_a_name"): attack(copy(PRICE_LIST, "{staff}", name="'STAFF'")),
    (PRICE_LIST, "price_list_has_a_name"): attack(update(PRICE_LIST, "{staff}", name="''")),
    (PRICE, "one_price_a_day"): attack(copy(PRICE, "{price}")),
    (PRICE, "price_not_negative"): attack(update(PRICE, "{price}", amount="-1")),
    (PRICE, "price_ends_after_it_starts"): attack(
        update(PRICE, "{price}", ends_on="starts_on - 1"), behind=((PRICE, "one_price_a_day"),)
    ),
    (VISIT_PRICE, "one_visit_price_a_day"): attack(copy(VISIT_PRICE, "{visit_price}")),
    (VISIT_PRICE, "visit_price_not_negative"): attack(update(VISIT_PRICE, "{visit_price}", amount="-1")),
    (VISIT_PRICE, "visit_price_ends_after_it_starts"): attack(
        update(VISIT_PRICE, "{visit_price}", ends_on="starts_on - 1"), behind=((VISIT_PRICE, "one_visit_price_a_day"),)
    ),
    (VISIT_PRICE, "visit_price_part"): attack(update(VISIT_PRICE, "{visit_price}", part="'room'")),
    (PATIENTS_LIST, "not_for_merged"): attack(update(PATIENTS_LIST, "{patients_list}", patient_id="{chitra}")),
    (INVOICES_LIST, "list_of_a_draft"): attack(
        insert(INVOICES_LIST, {"id": "gen_random_uuid()", "invoice_id": "{open}", "price_list_id": "{staff}"})
    ),
    (PART, "one_part_of_a_service"): attack(copy(PART, "{part}")),
    (PART, "package_part_is_something"): attack(update(PART, "{part}", quantity="0")),
    (PART, "package_is_not_its_own_part"): attack(update(PART, "{part}", service_id="package_id")),
    (LINE, "line_of_a_package_knows_which"): attack(update(LINE, "{line}", bundle="gen_random_uuid()")),
}


def written(patient: Patient, *, by: User) -> dict[str, Any]:
    """A list with a price, a patient who has it, and a package."""
    who: dict[str, Any] = {"by": by, "at": AT}
    staff = price_lists.add_price_list(name="Staff", **who)
    scan = catalogue.add_service(name="Scan", price="90.00", **who)
    price_lists.set_prices(staff, [(scan, "60.00")], **who)
    price_lists.give_list(patient, staff, **who)
    kind = AppointmentType.objects.create(name="Look", duration_minutes=10, rate="50.00")
    visit_prices.set_visit_prices(staff, [(kind, None, "visit", "40.00")], **who)
    package = catalogue.add_service(name="Check", category="package", price="80.00", **who)
    packages.set_parts(package, [(scan, 1)], **who)
    return {
        "staff": staff,
        "price": Price.objects.get(),
        "visit_price": VisitPrice.objects.get(),
        "patients_list": PatientPriceList.objects.get(),
        "part": PackagePart.objects.get(),
    }
