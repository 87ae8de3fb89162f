"""Appointments that repeat, judged and booked together."""
