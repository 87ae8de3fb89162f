from django.urls import URLPattern, URLResolver, path

from apps.patients.views import charts, lists

app_name = "patients"
urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/", lists.patient_list, name="list"),
    path("patients/search/", lists.patient_search, name="search"),
    path("patients/new/", charts.register, name="register"),
    path("patients/<uuid:pk>/", charts.patient, name="patient"),
    path("patients/<uuid:pk>/details/", charts.amend, name="amend"),
    path("patients/<uuid:pk>/deactivation/", charts.deactivation, name="deactivation"),
    path("patients/<uuid:pk>/restoration/", charts.restoration, name="restoration"),
]
