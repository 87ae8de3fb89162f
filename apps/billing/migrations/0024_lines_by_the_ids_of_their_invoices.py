from django.db import migrations


class Migration(migrations.Migration):
    """Nothing changes in the database: lines and their taxes are sorted without a look at what they stand on."""

    dependencies = [
        ('billing', '0023_gateways_tell_of_settlements'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='invoiceline',
            options={'ordering': ('invoice_id', 'position'), 'verbose_name': 'invoice line', 'verbose_name_plural': 'invoice lines'},
        ),
        migrations.AlterModelOptions(
            name='invoicelinetax',
            options={'ordering': ('line_id', 'position'), 'verbose_name': 'tax of a line', 'verbose_name_plural': 'taxes of lines'},
        ),
    ]
