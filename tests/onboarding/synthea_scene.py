"""Exports that are brought in, and what the clinic says of them afterwards."""

import csv
import io
from decimal import Decimal

from django.apps import apps
from django.core.management import call_command
from django.db import connection

from apps.onboarding.models import ImportedRow

MONEY = ("cash", "card", "upi", "bank")


def bring(folder, clinic="lakeside", **options):
    """Run the command; what it says."""
    said = io.StringIO()
    call_command("import_synthea", str(folder), clinic=clinic, stdout=said, stderr=io.StringIO(), **options)
    return said.getvalue()


def sql(query, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def balance(role):
    return sql(
        "SELECT coalesce(sum(l.debit - l.credit), 0) FROM ledger_journalline l"
        " JOIN ledger_account a ON a.id = l.account_id WHERE a.role = %s",
        role,
    )[0][0]


def held():
    """The money that has come in and was not given back."""
    return sum((balance(role) for role in MONEY), Decimal(0))


def our(kind, external_id, model):
    return model.objects.get(pk=ImportedRow.objects.get(kind=kind, external_id=external_id).our_id)


def everything(clinic):
    """How many rows there are of everything, the trail included."""
    with clinic.inside():
        tables = [model._meta.db_table for model in apps.get_models() if hasattr(model, "tenant_id")]
        names = {name for (name,) in sql("SELECT table_name FROM information_schema.tables")}
        return {table: sql(f'SELECT count(*) FROM "{table}"')[0][0] for table in tables if table in names}


class SmallExport:
    """One patient, one visit in June 2022 and its claim; each test adds the money, and whatever is odd about it."""

    def __init__(self, folder):
        self.folder = folder / "small"
        self.folder.mkdir()
        self.people = [
            {"Id": "p", "BIRTHDATE": "1980-05-01", "DEATHDATE": "", "FIRST": "Mia1", "LAST": "Ash2", "GENDER": "F"}
        ]
        self.providers = [{"Id": "v", "NAME": "Gail741 Pérez58", "SPECIALITY": "GENERAL PRACTICE"}]
        self.visits = [
            {
                "Id": "e",
                "START": "2022-06-01T14:00:00Z",
                "STOP": "2022-06-01T14:15:00Z",
                "PATIENT": "p",
                "ORGANIZATION": "o",
                "PROVIDER": "v",
                "CODE": "100",
                "DESCRIPTION": "Encounter for problem",
                "BASE_ENCOUNTER_COST": "85.55",
            }
        ]
        self.claims = [{"Id": "c", "PATIENTID": "p", "APPOINTMENTID": "e", "SERVICEDATE": "", "LASTBILLEDDATE1": ""}]
        self.transactions = []

    def charge(self, amount, **columns):
        self._add("CHARGE", **{"AMOUNT": amount, "UNITAMOUNT": amount, **columns})

    def pay(self, amount, **columns):
        self._add("PAYMENT", **{"METHOD": "CASH", "PAYMENTS": amount, **columns})

    def adjust(self, amount, **columns):
        self._add("ADJUSTMENT", **{"ADJUSTMENTS": amount, **columns})

    def bring(self):
        """What the command says, and every row that it refuses."""
        self.write()
        refused = self.folder / "refused.txt"
        said = bring(self.folder, refused=refused)
        return said, refused.read_text(encoding="utf-8").splitlines()

    def write(self):
        self._write("patients.csv", self.people)
        self._write("providers.csv", self.providers)
        self._write("encounters.csv", self.visits)
        self._write("claims.csv", self.claims)
        self._write("claims_transactions.csv", self.transactions or [self._row("TRANSFERIN")])

    def _add(self, kind, **columns):
        self.transactions.append({**self._row(kind), **columns})

    def _row(self, kind):
        number = len(self.transactions) + 1
        return {
            "ID": f"t-{number}",
            "CLAIMID": "c",
            "PATIENTID": "p",
            "TYPE": kind,
            "AMOUNT": "",
            "METHOD": "",
            "FROMDATE": "2022-06-01T14:00:00Z",
            "PROCEDURECODE": "100",
            "UNITS": "1",
            "NOTES": f"Line {number}",
            "UNITAMOUNT": "",
            "PAYMENTS": "",
            "ADJUSTMENTS": "",
        }

    def _write(self, file, rows):
        with (self.folder / file).open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
