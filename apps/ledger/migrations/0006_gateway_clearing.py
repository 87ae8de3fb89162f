from django.db import migrations, models


class Migration(migrations.Migration):
    """What a gateway holds for the clinic until it settles, and what it keeps."""

    dependencies = [('ledger', '0005_closed_days_stay')]

    operations = [
        migrations.AlterField(
            model_name='account',
            name='role',
            field=models.CharField(blank=True, choices=[('cash', 'Cash'), ('card', 'Card'), ('upi', 'UPI'), ('bank', 'Bank'), ('accounts_receivable', 'Accounts receivable'), ('deferred_revenue', 'Deferred revenue'), ('tax_payable', 'Tax payable'), ('patient_credit', 'Patient credit'), ('revenue', 'Revenue'), ('write_off', 'Write-offs'), ('rounding', 'Rounding'), ('cash_over_short', 'Cash over and short'), ('petty_expenses', 'Petty expenses'), ('gateway_clearing', 'Gateway clearing'), ('gateway_fees', 'Gateway fees')], max_length=20, verbose_name='role'),
        ),
    ]
