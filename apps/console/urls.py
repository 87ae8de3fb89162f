from django.urls import path

from apps.console.views import clinics, welcome

app_name = "console"
urlpatterns = [
    path("", welcome.welcome, name="welcome"),
    path("console/", clinics.clinic_list, name="clinics"),
    path("console/opening/", clinics.open_clinic, name="open_clinic"),
    path("console/<uuid:pk>/", clinics.clinic_page, name="clinic"),
    path("console/<uuid:pk>/suspension/", clinics.suspension, name="suspension"),
    path("console/<uuid:pk>/resumption/", clinics.resumption, name="resumption"),
    path("console/<uuid:pk>/plan/", clinics.plan, name="plan"),
]
