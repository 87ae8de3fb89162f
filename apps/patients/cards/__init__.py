"""ID cards: issued, replaced, printed."""
