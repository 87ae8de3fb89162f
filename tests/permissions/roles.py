"""The columns of a row, where only some roles may."""


def only(anonymous: int, status: int, *roles: str) -> dict[str, int]:
    """The clinic admin and these roles get ``status``, everybody else 403, who is not signed in ``anonymous``."""
    return {"anonymous": anonymous, "clinic_admin": status, **dict.fromkeys(roles, status), "*": 403}
