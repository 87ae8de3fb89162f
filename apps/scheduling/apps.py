from importlib import import_module

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "apps.scheduling"

    def ready(self) -> None:
        import_module("apps.scheduling.receivers")
        import_module("apps.scheduling.holding").hang_up()
        import_module("apps.scheduling.sheets.news").hang_up()
        import_module("apps.scheduling.chart").hang_up()
        import_module("apps.scheduling.together").hang_up()
