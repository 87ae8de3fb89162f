"""Money that comes in and goes back: payments, what they settle, patient credit, refunds."""
