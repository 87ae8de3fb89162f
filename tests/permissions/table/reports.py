"""Revenue: for the clinic admin and the billing manager."""

READS = {"anonymous": 302, "clinic_admin": 200, "billing_manager": 200, "*": 403}
# Without a rate in the address there is no such tax.
NO_TAX = {"anonymous": 302, "clinic_admin": 404, "billing_manager": 404, "*": 403}
ROWS = {
    "reports:dashboard": READS,
    "reports:figure": READS | {"outsider": 200},  # a figure's name is no secret; the outsider sees her own clinic's
    "reports:export": READS,
    "reports:ageing": READS,
    "reports:ageing_export": READS,
    "reports:ageing_pdf": READS,
    "reports:ageing_parts": READS,
    "reports:breakdown": READS,
    "reports:breakdown_csv": READS,
    "reports:breakdown_pdf": READS,
    "reports:taxes": READS,
    "reports:taxes_csv": READS,
    "reports:taxes_pdf": READS,
    "reports:tax_parts": NO_TAX,
    "GET api-revenue": READS | {"anonymous": 401},
    "GET api-tax-report": READS | {"anonymous": 401},
    "GET api-receivables-ageing": READS | {"anonymous": 401},
}


def kwargs(name, cast):
    return {"key": "charges"}
