from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "apps.patients"

    def ready(self) -> None:
        from apps.core import naming  # models are loaded only now
        from apps.patients.naming import find_by_number, name_patients, number_patients

        naming.register("patient", name_patients, finder=find_by_number)
        naming.register("patient_number", number_patients)
