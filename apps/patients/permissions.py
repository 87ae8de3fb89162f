"""What may be done here, and which system roles may do it."""

PERMISSIONS: dict[str, str] = {}
GRANTS: dict[str, set[str]] = {}
