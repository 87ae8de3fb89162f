from importlib import import_module

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "apps.patients"

    def ready(self) -> None:
        from apps.core import naming  # models are loaded only now
        from apps.patients import chart_sections, timeline_sources
        from apps.patients.naming import find_by_number, name_patients, number_patients

        import_module("apps.patients.receivers")  # listens from here on
        import_module("apps.patients.documents.chart").hang_up()
        import_module("apps.patients.cards.chart").hang_up()
        naming.register("patient", name_patients, finder=find_by_number)
        naming.register("patient_number", number_patients)
        chart_sections.hang_up()
        timeline_sources.hang_up()
