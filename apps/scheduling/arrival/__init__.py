"""Receiving patients: check-in, tokens, the waiting room and its public screens."""
