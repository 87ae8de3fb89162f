"""Revenue: for the clinic admin and the billing manager."""

READS = {"anonymous": 302, "clinic_admin": 200, "billing_manager": 200, "*": 403}
ROWS = {
    "reports:dashboard": READS,
    "reports:figure": READS | {"outsider": 200},  # a figure's name is no secret; the outsider sees her own clinic's
    "reports:export": READS,
    "reports:ageing": READS,
    "reports:ageing_export": READS,
    "reports:ageing_pdf": READS,
    "GET api-receivables-ageing": READS | {"anonymous": 401},
}


def kwargs(name, cast):
    return {"key": "charges"}
