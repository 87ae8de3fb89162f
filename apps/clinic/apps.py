from django.apps import AppConfig


class ClinicConfig(AppConfig):
    name = "apps.clinic"

    def ready(self) -> None:
        from apps.clinic import receivers  # noqa: F401 - models must be loaded first
