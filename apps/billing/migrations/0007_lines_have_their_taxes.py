from django.db import migrations

COPY = """
    INSERT INTO billing_invoicelinetax (id, tenant_id, line_id, position, name, rate, is_included, amount)
    SELECT gen_random_uuid(), l.tenant_id, l.id, 1, l.tax_name, l.tax_rate, false, l.tax FROM billing_invoiceline l
     WHERE (l.tax_rate <> 0 OR l.tax_name <> '')
       AND NOT EXISTS (SELECT FROM billing_invoicelinetax t WHERE t.line_id = l.id)
"""


class Migration(migrations.Migration):
    """The one tax that lines had until now stands beside them like the several they may have from now on."""

    dependencies = [("billing", "0006_taxes")]

    operations = [migrations.RunSQL([COPY], [])]
