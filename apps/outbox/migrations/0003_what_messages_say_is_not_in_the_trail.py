from django.db import migrations


class Migration(migrations.Migration):
    """Nothing of its own: a clinic that has something to migrate gets its guards anew (tenants 0010), also on this table."""

    dependencies = [("outbox", "0002_what_is_old_or_given_up_is_found_by_index")]

    operations = ()
