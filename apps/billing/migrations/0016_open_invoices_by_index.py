from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """The index over open invoices holds all that the ageing of receivables asks for."""

    dependencies = [("billing", "0015_credit_is_used_by_itself")]

    operations = [
        migrations.RemoveIndex("invoice", "invoice_unpaid"),
        migrations.AddIndex(
            "invoice",
            models.Index(
                fields=["due_on"], include=["id", "patient", "due"], name="invoice_unpaid", condition=Q(due__gt=0)
            ),
        ),
    ]
