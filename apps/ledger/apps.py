from importlib import import_module

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "apps.ledger"

    def ready(self) -> None:
        import_module("apps.ledger.receivers")  # listens from here on
        import_module("apps.ledger.naming").register()
        import_module("apps.ledger.checking.checks").add(import_module("apps.ledger.checking.books").CHECKS)
