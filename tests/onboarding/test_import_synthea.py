"""An export of another system becomes patients, visits, invoices and payments of this clinic, to the cent."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.core.management import CommandError
from django.db import connections

from apps.billing.models import Invoice, Payment
from apps.onboarding.models import ImportedRow
from apps.patients.models import Patient
from apps.patients.search import find
from apps.scheduling.models import Appointment
from tests.house import ROOT, pointing_at
from tests.kept import keep
from tests.onboarding.synthea_scene import balance, bring, everything, our, sql

DATA = Path(__file__).parent / "data" / "synthea"
SAMPLE = os.environ.get("HPMS_SYNTHEA_FOLDER")

PER_CLAIM = """
    SELECT i.external_id, sum(l.debit) FILTER (WHERE l.debit > 0), sum(l.debit - l.credit)
      FROM onboarding_importedrow i
      JOIN ledger_journalline l ON l.document = i.our_id
      JOIN ledger_account a ON a.id = l.account_id AND a.role = 'accounts_receivable'
     WHERE i.kind = 'claim' GROUP BY 1
"""


@keep
def kept_export():
    """The tricky export is in; what the command said of it, and its list of refused rows."""
    with TemporaryDirectory() as folder:
        refused = Path(folder) / "refused.txt"
        return bring(DATA, refused=refused), refused.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def changed(tmp_path):
    """`changed("claims.csv", lambda text: …)` is the folder with one file changed; None takes the file away."""

    def change(file, how):
        folder = tmp_path / "export"
        if not folder.exists():
            shutil.copytree(DATA, folder)
        if how is None:
            (folder / file).unlink()
        else:
            made = how((folder / file).read_text(encoding="utf-8"))
            (folder / file).write_bytes(made if isinstance(made, bytes) else made.encode())
        return folder

    return change


def test_the_tricky_export_arrives_to_the_cent(kept_export, lakeside):
    with lakeside.inside():
        assert balance("accounts_receivable") == Decimal("902.25")
        assert balance("patient_credit") == Decimal("-20.00")
        assert sum(balance(role) for role in ("cash", "card", "upi", "bank")) == Decimal("656.05")
        assert sql("SELECT sum(debit) - sum(credit) FROM ledger_journalline") == [(Decimal(0),)]
        assert {name: owed for name, _, owed in sql(PER_CLAIM)} == {
            "c-plain": Decimal(0),
            "c-medicine": Decimal("2.25"),
            "c-overlap": Decimal(0),
            "c-same-time": Decimal(0),
            "c-inpatient": Decimal(700),
            "c-birth": Decimal(140),
            "c-certificate": Decimal(50),
            "c-goes-on": Decimal(0),
            "c-loose": Decimal(10),
            "c-unlisted": Decimal(0),
        }  # and c-no-length, which charges nothing, is not in the books


def test_a_visit_goes_through_every_step_at_its_own_time(kept_export, lakeside):
    with lakeside.inside():
        visit = our("encounter", "e-plain", Appointment)
        assert (visit.starts_at, visit.ends_at) == (
            datetime(2020, 3, 2, 9, 0, 10, tzinfo=UTC),
            datetime(2020, 3, 2, 9, 15, 10, tzinfo=UTC),
        )
        assert [row.to_status for row in visit.transitions.all()] == ["scheduled", "arrived", "in_session", "completed"]
        assert visit.completed_at == visit.ends_at
        assert our("encounter", "e-goes-on", Appointment).status == "in_session"
        assert our("encounter", "e-no-length", Appointment).duration.total_seconds() == 60
        inpatient = our("encounter", "e-inpatient", Appointment)
        assert inpatient.completed_at == datetime(2020, 3, 10, 18, 30, tzinfo=UTC)
        assert len(inpatient.appointment_type.name) == 80


def test_visits_that_overlap_are_booked_by_override_with_a_reason(kept_export, lakeside):
    with lakeside.inside():
        over = Appointment.objects.filter(is_override=True)
        assert {row.our_id for row in ImportedRow.objects.filter(external_id__in=["e-overlap", "e-same-time"])} == {
            visit.pk for visit in over
        }
        assert all("overlaps" in visit.override_reason and visit.overridden_by_id for visit in over)


def test_the_own_claim_takes_the_visits_draft_and_medicines_become_a_further_invoice(kept_export, lakeside):
    with lakeside.inside():
        visit = our("encounter", "e-plain", Appointment)
        own, further = our("claim", "c-plain", Invoice), our("claim", "c-medicine", Invoice)
        assert {own.pk, further.pk} == set(visit.invoices.values_list("pk", flat=True))
        assert (own.source, further.source) == ("visit", "imported")
        lines = [(line.description, line.quantity, line.unit_price, line.total) for line in own.lines.all()]
        assert lines == [
            ("Encounter for problem", Decimal("1.000"), Decimal("85.550"), Decimal("85.550")),
            ("Blood test", Decimal("3.000"), Decimal("25.500"), Decimal("76.500")),
        ]
        assert own.issued_on == date(2020, 3, 2)


def test_a_visit_without_a_claim_leaves_no_draft_behind(kept_export, lakeside):
    with lakeside.inside():
        assert [invoice.status for invoice in our("encounter", "e-no-claim", Appointment).invoices.all()] == ["void"]
        assert not Invoice.objects.drafts().exists()


def test_payments_keep_their_day_and_method(kept_export, lakeside):
    with lakeside.inside():
        card = our("payment", "t-6", Payment)
        assert (card.method, card.reference, card.received_on) == ("card", "CC", date(2020, 4, 19))  # 23:30 in New York
        methods = {name: our("payment", name, Payment).method for name in ("t-3", "t-8", "t-9", "t-13", "t-17")}
        assert methods == {"t-3": "cash", "t-8": "cheque", "t-9": "bank", "t-13": "cash", "t-17": "cash"}
        inpatient = our("payment", "t-17", Payment)
        assert (inpatient.amount, inpatient.refunded) == (400, 100)
        assert our("payment", "t-9", Payment).unapplied == 20


def test_people_keep_their_names_and_the_dead_are_not_booked_any_more(kept_export, lakeside):
    with lakeside.inside():
        ana = our("patient", "p-ana", Patient)
        assert (ana.full_name, ana.birth_date, ana.national_id) == (
            "Ana María762 Ñuñez44",
            date(1984, 2, 29),
            "999-11-2222",
        )
        assert [found.pk for found in find("nunez44 ana", today=date(2024, 1, 1))] == [ana.pk]
        assert our("patient", "p-twin", Patient).national_id == ""
        assert our("patient", "p-old", Patient).birth_date is None
        assert our("patient", "p-newborn", Patient).sex == "other"
        ben = our("patient", "p-ben", Patient)
        assert (ben.is_active, ben.deactivated_reason) == (False, "Died on 2021-03-01.")


def test_every_refused_row_is_told_with_file_and_line(kept_export):
    said, refused = kept_export
    assert refused == [
        "patients.csv line 7: FIRST looks like a formula of a spreadsheet.",
        "patients.csv line 8: The id p-ana stands in line 2 already.",
        "patients.csv line 9: BIRTHDATE is not a date.",
        "encounters.csv line 11: STOP lies before START.",
        "encounters.csv line 12: Patient p-unknown is not known: see patients.csv.",
        "encounters.csv line 13: Provider v-unknown is not in providers.csv.",
        "encounters.csv line 14: START is not a date and time: “05/04/2020 9:00”",
        "claims.csv line 11: Its encounter was refused (encounters.csv line 11).",
        "claims.csv line 13: Its encounter is another patient's.",
        "claims_transactions.csv line 25: CHARGE of 33.00. Its encounter was refused (encounters.csv line 11).",
        "claims_transactions.csv line 30: AMOUNT is not an amount: “12,50”",
        "claims_transactions.csv line 31: unit_price: USD has only 2 decimals.",
        "claims_transactions.csv line 32: TYPE “GIFT” is none that Synthea writes.",
        "claims_transactions.csv line 33: The id t-6 stands in line 7 already.",
        "claims_transactions.csv line 34: Its claim is another patient's.",
        "claims_transactions.csv line 35: discount: The discount is more than the charge itself.",
        "claims_transactions.csv line 36: More is given back than was paid on this claim.",
        "claims_transactions.csv line 37: PAYMENTS is not an amount: “NaN”",
    ]
    assert "18 rows were refused" in said
    assert "3 rows were odd and are in" in said


def test_a_second_run_changes_nothing(kept_export, lakeside):
    before = everything(lakeside)

    bring(DATA)

    assert everything(lakeside) == before


def test_a_row_that_was_put_right_comes_in_at_the_next_run(kept_export, lakeside, changed):
    bring(changed("claims_transactions.csv", lambda text: text.replace('"12,50"', "12.50")))

    with lakeside.inside():
        further = our("claim", "c-plain:2", Invoice)
        assert (further.total, further.due) == (Decimal("12.50"), Decimal("12.50"))
        assert balance("accounts_receivable") == Decimal("914.75")


def test_who_answers_for_it_stands_in_the_trail(kept_export, lakeside):
    with lakeside.inside():
        actors = sql("SELECT DISTINCT actor FROM audit_event WHERE table_name = 'billing_payment'")
        assert len(actors) == 1
        assert actors[0][0].startswith("command:import_synthea for user:")


def test_what_comes_in_after_a_death_still_comes_in(lakeside, changed):
    """The dead patient's record is opened for it once more, and closed again."""
    bring(changed("encounters.csv", lambda text: text.replace("2021-03-04T08:00:00Z", "soon")))
    with lakeside.inside():
        assert not our("patient", "p-ben", Patient).is_active

    bring(DATA)

    with lakeside.inside():
        assert our("encounter", "e-certificate", Appointment).status == "completed"
        ben = our("patient", "p-ben", Patient)
        assert (ben.is_active, ben.deactivated_reason) == (False, "Died on 2021-03-01.")


@pytest.mark.parametrize(
    ("file", "how", "words"),
    [
        ("claims.csv", None, "There is no claims.csv"),
        ("patients.csv", lambda text: b"\xff\xfe" + text.encode("utf-16-le"), "patients.csv is UTF-16"),
        ("patients.csv", lambda text: text.encode("latin-1"), "patients.csv is not in UTF-8"),
        ("encounters.csv", lambda text: text.replace("STOP", "END", 1), "encounters.csv lacks the column STOP"),
        ("providers.csv", lambda text: text.replace(",", ";"), "Are its columns separated by commas?"),
        ("providers.csv", lambda text: "", "providers.csv is empty"),
        ("claims.csv", lambda text: text.replace("c-loose", '"c-loose'), "claims.csv cannot be read from line 12 on"),
        ("claims.csv", lambda text: b"PK\x03\x04" + text.encode(), "not CSV"),
    ],
)
def test_a_folder_that_is_no_export_is_refused_whole(lakeside, changed, file, how, words):
    folder = changed(file, how)

    with pytest.raises(CommandError, match="(?s)" + words.replace("?", r"\?").replace("(", r"\(")):
        bring(folder)

    with lakeside.inside():
        assert not Patient.objects.exists()


def test_a_byte_order_mark_and_windows_line_ends_are_no_obstacle(lakeside, changed):
    bring(changed("patients.csv", lambda text: "\ufeff" + text.replace("\n", "\r\n")))

    with lakeside.inside():
        assert Patient.objects.count() == 5


def test_a_line_of_another_length_or_with_unreadable_signs_is_refused_alone(lakeside, changed):
    said = bring(changed("patients.csv", lambda text: text.replace("Cruz9", "Cr\0z", 1) + "p-short,1990-01-01\n"))

    assert "patients.csv line 4: LAST holds signs that cannot be read." in said
    assert "patients.csv line 10: This line has 2 fields, the header names 25." in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"clinic": "nowhere"}, "There is no clinic “nowhere”"),
        ({"by": "sara@lakeside.example"}, "is not an active clinic admin"),
        ({"folder": "/nowhere/at/all"}, "There is no folder"),
        ({"refused": Path("/nowhere/at/all.txt")}, "/nowhere/at/all.txt cannot be written"),
    ],
)
def test_what_cannot_be_started_says_why(lakeside, options, words):
    with pytest.raises(CommandError, match=words):
        bring(**{"folder": DATA, **options})

    with lakeside.inside():
        assert not Patient.objects.exists()


def test_a_killed_import_goes_on_where_it_stopped(throw_away, lakeside):
    command = [sys.executable, "manage.py", "import_synthea", str(DATA), "--clinic", "lakeside"]
    env = os.environ | {
        name: pointing_at(os.environ[name], throw_away) for name in ("HPMS_DATABASE_URL", "HPMS_OWNER_DATABASE_URL")
    }
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while _visits(lakeside) < 2 and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    interrupted_at = _visits(lakeside)

    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)

    assert 2 <= interrupted_at <= 9
    with lakeside.inside():
        assert _visits_inside() == 9
        assert balance("accounts_receivable") == Decimal("902.25")
        assert balance("patient_credit") == Decimal("-20.00")
        assert sql("SELECT count(*) FROM billing_invoice WHERE status = 'draft'") == [(0,)]
    connections["default"].close()


@pytest.mark.longest
@pytest.mark.skipif(not SAMPLE, reason="HPMS_SYNTHEA_FOLDER does not name the folder of the sample export")
def test_the_sample_leaves_exactly_its_own_totals_in_the_books(throw_away, lakeside):
    """27 patients, 604 encounters, 51 providers, 1,545 charges and 1,843 payments, against the ledger by plain SQL."""
    bring(SAMPLE)

    charges, paid = _claims_of(SAMPLE)
    with lakeside.inside():
        assert sum(charges.values()) == Decimal("1092402.73")
        assert sum(paid.values()) == Decimal("1103503.95")
        assert sql("SELECT kind, count(*) FROM onboarding_importedrow GROUP BY kind ORDER BY kind") == [
            ("charge", 1545),
            ("claim", 1267),
            ("death", 2),
            ("encounter", 604),
            ("patient", 27),
            ("payment", 1843),
            ("provider", 51),
        ]
        assert balance("deferred_revenue") + balance("revenue") == Decimal("-1092402.73")
        assert sum(balance(role) for role in ("cash", "card", "upi", "bank")) == Decimal("1103503.95")
        assert sql("SELECT sum(debit) - sum(credit) FROM ledger_journalline") == [(Decimal(0),)]
        assert sql("SELECT count(*) FROM scheduling_appointment WHERE is_override") == [(3,)]
        owed = {name: due for name, _, due in sql(PER_CLAIM)}
        credit = Counter()
        for claim, unused in sql(
            "SELECT t.external_id, p.unapplied FROM onboarding_importedrow t JOIN billing_payment p ON p.id = t.our_id"
            " WHERE t.kind = 'payment' AND p.unapplied > 0"
        ):
            credit[_claim_of(SAMPLE)[claim]] += unused
        for claim in charges:
            assert owed.get(claim, 0) - credit[claim] == charges[claim] - paid[claim], claim
        assert -balance("patient_credit") == sum(credit.values())


def _visits(clinic):
    with clinic.inside():
        return _visits_inside()


def _visits_inside():
    return ImportedRow.objects.filter(kind="encounter").count()


def _transactions(folder):
    with (Path(folder) / "claims_transactions.csv").open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _claims_of(folder):
    charges, paid = Counter(), Counter()
    for row in _transactions(folder):
        if row["TYPE"] == "CHARGE":
            charges[row["CLAIMID"]] += Decimal(row["AMOUNT"])
        if row["TYPE"] == "PAYMENT":
            paid[row["CLAIMID"]] += Decimal(row["PAYMENTS"])
    return charges, paid


def _claim_of(folder, known={}):  # noqa: B006 - read once
    if not known:
        known.update({row["ID"]: row["CLAIMID"] for row in _transactions(folder)})
    return known
