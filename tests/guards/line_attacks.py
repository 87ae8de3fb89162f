"""What is tried against the lines of bills, their discounts and taxes, for test_every_money_guard.py."""

from typing import Any

from apps.billing.prices import catalogue, taxes
from tests.billing.cast import AT, DAY, Cast
from tests.guards import lowering_attacks
from tests.guards.money_rows import DISCOUNT, LINE, NEVER
from tests.guards.siege import Attack, attack, copy, insert, update, whole

LIMIT = "billing_discountlimit"
TAX, SCOPE, LINE_TAX = "billing_tax", "billing_taxscope", "billing_invoicelinetax"
SAYS = {
    **dict.fromkeys(("line_changed", "lines_added"), "its lines can no longer change"),
    **dict.fromkeys(("lines_stay_whole", "line_taxes_stay_whole"), NEVER),
    "line_has_its_taxes": "what its taxes come to",
    "taxes_of_line_add_up": "what its taxes come to",
    "line_tax_guard": "written anew",
}
STAY = ((LINE, "lines_stay_whole"), (LINE_TAX, "line_taxes_stay_whole"))
ATTACKS: dict[tuple[str, str], Attack] = {
    (LINE, "line_changed"): attack(f"UPDATE {LINE} SET position = 9 WHERE invoice_id = {{open}}"),
    (LINE, "lines_added"): attack(
        copy(LINE, "{line}", invoice_id="{open}", position="9"), behind=((LINE, "line_has_its_taxes"),)
    ),
    (LINE, "lines_stay_whole"): whole(LINE, (LINE_TAX, "line_taxes_stay_whole"), *lowering_attacks.WHOLE),
    (LINE, "one_line_at_a_place"): attack(copy(LINE, "{line}")),
    (LINE, "line_amounts_not_negative"): attack(
        update(LINE, "{line}", discount="-1", net="gross + 1", total="gross + 1"),
        behind=((LINE, "line_discount_was_given"),),
    ),
    (LINE, "line_discount_was_given"): attack(update(LINE, "{line}", discount="1", net="gross - 1", total="gross - 1")),
    (DISCOUNT, "discount_kind"): attack(copy(DISCOUNT, "{discount}", kind="'other'")),
    (DISCOUNT, "discount_percent_or_amount"): attack(copy(DISCOUNT, "{discount}", percent="5")),
    (DISCOUNT, "discount_for_a_reason"): attack(copy(DISCOUNT, "{discount}", reason="'\\x'::text")),
    (LIMIT, "discount_limit_0_to_100"): attack(
        insert(
            LIMIT, {"id": "gen_random_uuid()", "role_id": "(SELECT id FROM accounts_role LIMIT 1)", "percent": "101"}
        )
    ),
    (LINE, "line_of_a_visit_says_what_of_it"): attack(update(LINE, "{line}", follows_visit="true")),
    (LINE, "line_rates_0_to_100"): attack(
        update(LINE, "{line}", tax_rate="200", tax="net * 2", total="net * 3"), behind=((LINE, "line_has_its_taxes"),)
    ),
    (LINE, "line_has_its_taxes"): attack(update(LINE, "{line}", tax="1", total="total + 1")),
    (LINE_TAX, "line_tax_guard"): attack(update(LINE_TAX, "{line_tax}", name="'VAT'")),
    (LINE_TAX, "line_taxes_stay_whole"): whole(LINE_TAX),
    (LINE_TAX, "taxes_of_line_add_up"): attack(f"DELETE FROM {LINE_TAX} WHERE id = {{line_tax}}"),
    (LINE_TAX, "one_line_tax_at_a_place"): attack(copy(LINE_TAX, "{line_tax}", rate="0", amount="0")),
    (LINE_TAX, "line_tax_rate_0_to_100"): attack(
        copy(LINE_TAX, "{line_tax}", position="2", rate="-1"), behind=((LINE_TAX, "taxes_of_line_add_up"),)
    ),
    (LINE_TAX, "line_tax_not_negative"): attack(
        copy(LINE_TAX, "{line_tax}", position="2", amount="-1"), behind=((LINE_TAX, "taxes_of_line_add_up"),)
    ),
    (TAX, "one_tax_of_a_name_a_day"): attack(copy(TAX, "{tax}")),
    (TAX, "tax_rate_0_to_100"): attack(update(TAX, "{tax}", rate="101")),
    (TAX, "tax_has_a_name"): attack(update(TAX, "{tax}", name="''")),
    (TAX, "tax_ends_after_it_starts"): attack(
        update(TAX, "{tax}", ends_on="starts_on - 1"), behind=((TAX, "one_tax_of_a_name_a_day"),)
    ),
    (SCOPE, "one_tax_scope_of_a_category"): attack(copy(SCOPE, "{of_category}")),
    (SCOPE, "one_tax_scope_of_a_service"): attack(copy(SCOPE, "{of_service}")),
    (SCOPE, "tax_scope_is_one_thing"): attack(copy(SCOPE, "{of_service}", category="'test'", service_id="{service}")),
    (LINE, "line_sums_add_up"): attack(update(LINE, "{line}", total="total + 1")),
    (LINE, "line_worked_out_rightly"): attack(update(LINE, "{line}", gross="41", net="41", total="41")),
}


def written(cast: Cast) -> dict[str, Any]:
    """A discount, a tax of a category and a service, and a line that has one."""
    discount = cast.draft({"unit_price": "40.00", "discount": "4.00"}).discounts.get()
    tax = taxes.add_tax(
        name="GST",
        rate="5",
        starts_on=DAY,
        categories=["fee"],
        services=[catalogue.add_service(name="X-ray", price="40.00", by=cast.bela, at=AT)],
        by=cast.bela,
        at=AT,
    )
    taxed = cast.draft({"unit_price": "40.00", "taxes": [{"name": "GST", "rate": "5"}]})
    return {
        "discount": discount,
        "tax": tax,
        "of_category": tax.scopes.get(service=None),
        "of_service": tax.scopes.get(category=""),
        "line_tax": taxed.lines.get().taxes.get(),
    }
