"""Signing in, staff, roles, tokens."""

from django.utils import timezone

from apps.accounts import roles, staff

EVERYBODY = {"anonymous": 200, "*": 200}
SIGNED_IN = {"anonymous": 302, "*": 200}
READS_STAFF = {"anonymous": 302, "clinic_admin": 200, "compliance_officer": 200, "*": 403}


def admin_only(status: int) -> dict[str, int]:
    return {"anonymous": 302, "clinic_admin": status, "*": 403}


SIGN_IN = {"anonymous": 200, "*": 302}
ROWS = {
    "account_login": SIGN_IN,
    "accounts:sign_in": SIGN_IN,
    "account_logout": {"anonymous": 302, "*": 200},
    "accounts:sign_out": {"anonymous": 302, "*": 200},
    "POST accounts:sign_out": {"anonymous": 302, "*": 302},
    "account_inactive": EVERYBODY,
    "account_change_password": SIGNED_IN,
    "accounts:password_change": SIGNED_IN,
    "account_reset_password": EVERYBODY,
    "account_reset_password_done": EVERYBODY,
    "account_reset_password_from_key": EVERYBODY | {"outsider": 200},  # says that the link is not valid
    "account_reset_password_from_key_done": EVERYBODY,
    "accounts:start": {"anonymous": 302, "*": 302},
    "accounts:me": SIGNED_IN,
    "POST accounts:presence": {"anonymous": 302, "*": 204},
    "POST accounts:end_sessions": {"anonymous": 302, "*": 302},
    "accounts:join": EVERYBODY,
    "accounts:staff_list": READS_STAFF,
    "accounts:invite": admin_only(200),
    "POST accounts:invite": admin_only(400),
    "accounts:member": READS_STAFF,
    "POST accounts:member": {**admin_only(400), "compliance_officer": 403},
    "POST accounts:invite_again": admin_only(302),
    "accounts:deactivation": admin_only(200),
    "POST accounts:deactivation": admin_only(302),
    "POST accounts:reactivation": admin_only(302),
    "accounts:sign_ins": READS_STAFF,
    "accounts:roles": READS_STAFF,
    "accounts:role": READS_STAFF,
    "POST accounts:role": {**admin_only(400), "compliance_officer": 403},
    "accounts:new_role": admin_only(200),
    "POST accounts:new_role": admin_only(400),
    "accounts:role_deletion": admin_only(200),
    "POST accounts:role_deletion": admin_only(302),
    "POST api-token": {"anonymous": 400, "*": 400},
    "POST api-token-refresh": {"anonymous": 400, "*": 400},
    "POST api-token-revocation": {"anonymous": 400, "*": 400},
    "GET api-me": {"anonymous": 401, "*": 200},
    "GET api-users": {"anonymous": 401, "clinic_admin": 200, "compliance_officer": 200, "*": 403},
    "GET api-schema": EVERYBODY,
    "GET api-docs": EVERYBODY,
}


def kwargs(name, cast):
    at = timezone.now()
    if name == "account_reset_password_from_key":
        return {"uidb36": "1", "key": "not-a-key"}
    if name in ("accounts:role", "accounts:role_deletion"):
        return {"code": roles.create(name="Optician", permissions=[], by=cast.ada, at=at).code}
    newcomer = staff.invite(email="new@riverside.example", full_name="New Comer", roles=["cashier"], by=cast.ada, at=at)
    if name == "accounts:join":
        return {"token": staff.invitation_link(newcomer).rstrip("/").rpartition("/")[2]}
    return {"pk": newcomer.pk}
