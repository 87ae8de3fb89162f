from django.db import migrations

from apps.core.sql import guards


class Migration(migrations.Migration):
    """Lines that come together are added up once: each used to add up all that stood there again."""

    dependencies = [("billing", "0024_lines_by_the_ids_of_their_invoices")]

    operations = [*guards(__file__, "lines_added")]
