from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "apps.clinic"

    def ready(self) -> None:
        from apps.clinic import profile, receivers  # noqa: F401  connects them; models are loaded only now
        from apps.core import clock

        clock.ask_for_zone(profile.zone)
