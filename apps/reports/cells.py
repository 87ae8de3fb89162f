"""Text for spreadsheets: what looks like a formula is told to be text."""

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(words: object) -> str:
    """The cell's text, with an apostrophe before it where a spreadsheet would otherwise run it."""
    text = str(words)
    return f"'{text}" if text.lstrip().startswith(RISKY) or text.startswith(RISKY) else text
