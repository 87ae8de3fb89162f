"""For test_every_money_guard.py: what is tried against credit notes and write-offs."""

from tests.guards.siege import Attack, attack, copy, update

INVOICE, LINE = "billing_invoice", "billing_invoiceline"
WRITE_OFF, NOTE, NOTE_LINE = (f"billing_{name}" for name in ("writeoff", "creditnote", "creditnoteline"))
SAYS = {
    "reduction_added": "only an issued invoice",
    "revenue_is_pro_rata": "pro rata",
    "write_off_guard": "taken back wholly",
    "credit_note_guard": "taken back wholly",
    "credit_note_adds_up": "credit_note_is_its_lines",
    "credited_line_adds_up": "credit_note_is_its_lines",
}
WHOLE = tuple((table, "append_only_whole") for table in (WRITE_OFF, NOTE, NOTE_LINE))
UNLINED = ((NOTE, "credit_note_adds_up"),)
LATER = ((NOTE_LINE, "credited_line_adds_up"),)
OTHER = f"(SELECT id FROM {LINE} WHERE invoice_id = {{open}})"


def write_off(**changes: str) -> str:
    return copy(WRITE_OFF, "{write_off}", **{"number": "'WOF-2026-99999'", **changes})


def note(**changes: str) -> str:
    usual = {"number": "'CRN-2026-99999'", "net": "1", "tax": "0", "total": "1"}
    return copy(NOTE, "{note}", **{**usual, **changes})


ATTACKS: dict[tuple[str, str], Attack] = {
    (INVOICE, "invoice_reduced_within_net_and_tax"): attack(
        update(INVOICE, "{open}", credited_net="-1"), behind=((INVOICE, "invoice_guard"),)
    ),
    (WRITE_OFF, "reduction_added"): attack(write_off(invoice_id="{draft}")),
    (WRITE_OFF, "revenue_is_pro_rata"): attack(write_off(recognised="1")),
    (WRITE_OFF, "write_off_guard"): attack(write_off(reverses_id="{write_off}", net="-1", tax="0", amount="-1")),
    (WRITE_OFF, "write_off_sign_follows_its_kind"): attack(write_off(net="0", tax="0", amount="0")),
    (WRITE_OFF, "write_off_adds_up"): attack(write_off(amount="amount + 1")),
    (WRITE_OFF, "write_off_category"): attack(write_off(category="'lost'")),
    (WRITE_OFF, "one_write_off_of_a_source"): attack(
        *(write_off(number=f"'W-{n}'", net="1", tax="0", amount="1", source_reference="'form 7'") for n in (1, 2))
    ),
    (NOTE, "reduction_added"): attack(note(invoice_id="{draft}"), behind=UNLINED),
    (NOTE, "revenue_is_pro_rata"): attack(note(recognised="1"), behind=UNLINED),
    (NOTE, "credit_note_adds_up"): attack(note()),
    (NOTE, "credit_note_sums_add_up"): attack(note(total="2"), behind=UNLINED),
    (NOTE, "credit_note_says_where_money_goes"): attack(note(released="1"), behind=UNLINED),
    (NOTE, "credit_note_guard"): attack(
        note(reverses_id="{note}", net="-1", total="-1", disposition="'nothing_above'", released="0"), behind=UNLINED
    ),
    (NOTE, "one_credit_note_of_a_source"): attack(
        *(note(number=f"'C-{n}'", source_reference="'form 7'") for n in (1, 2)), behind=UNLINED
    ),
    (NOTE_LINE, "credited_line_adds_up"): attack(copy(NOTE_LINE, "{note_line}", position="2", line_id=OTHER)),
    (NOTE_LINE, "one_credited_line_at_a_place"): attack(copy(NOTE_LINE, "{note_line}", line_id=OTHER), behind=LATER),
    (NOTE_LINE, "a_line_is_credited_once_a_note"): attack(copy(NOTE_LINE, "{note_line}", position="2"), behind=LATER),
    (NOTE_LINE, "credited_line_sums_add_up"): attack(
        copy(NOTE_LINE, "{note_line}", position="2", line_id=OTHER, total="total + 1"), behind=LATER
    ),
}
