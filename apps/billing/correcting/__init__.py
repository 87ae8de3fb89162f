"""Guided corrections of what is in the books: rehearsed first, then posted as reversals and new papers."""
