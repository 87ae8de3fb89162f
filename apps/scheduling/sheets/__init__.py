"""What is looked at: the day sheet and how it is drawn and kept fresh, the flow board, replay and history."""
