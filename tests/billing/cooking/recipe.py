"""What a cooked book consists of."""

Found = dict[str, list[tuple[str, str]]]
# The check under trial, how the books are cooked, and exactly what is found by which checks.
Recipe = tuple[str, tuple[str, ...], Found]


def line(entry: str, role: str, amount: int, **about: str) -> str:
    """A line of an entry in SQL: positive amounts are debits."""
    values = {
        "entry_id": entry,
        "account_id": f"(SELECT id FROM ledger_account WHERE role = '{role}')",
        "debit": str(max(amount, 0)),
        "credit": str(max(-amount, 0)),
        "effective_on": f"(SELECT effective_on FROM ledger_journalentry WHERE id = {entry})",
        "recorded_at": f"(SELECT recorded_at FROM ledger_journalentry WHERE id = {entry})",
        **about,
    }
    return f"INSERT INTO ledger_journalline ({', '.join(values)}) VALUES ({', '.join(values.values())})"
