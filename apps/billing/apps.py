from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "apps.billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        import_module("apps.billing.receivers")  # listens from here on
        import_module("apps.billing.chart").hang_up()
        import_module("apps.billing.checking").add()
        import_module("apps.billing.naming").register()
        import_module("apps.billing.remarks").leave()
        import_module("apps.billing.together").hang_up()
        import_module("apps.billing.prices.visits").hang_up()
