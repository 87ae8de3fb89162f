"""Papers about a patient: filed, sealed, scanned for viruses, shared for a while."""
