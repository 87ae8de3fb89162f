from django.db import migrations

from apps.core.sql import guards


class Migration(migrations.Migration):
    """Issued invoices are frozen, money is never removed, and every figure follows from the facts (FR-B02)."""

    dependencies = [("patients", "0002_what_is_written_stays"), ("billing", "0001_initial")]

    operations = guards(__file__, "figures_follow_facts", "merged_records")
