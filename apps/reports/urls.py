from django.urls import URLPattern, URLResolver, path

from apps.reports.views import ageing, revenue

app_name = "reports"
urlpatterns: list[URLPattern | URLResolver] = [
    path("reports/", revenue.dashboard, name="dashboard"),
    path("reports/figures/<slug:key>/", revenue.figure, name="figure"),
    path("reports/revenue.csv", revenue.export, name="export"),
    path("reports/ageing/", ageing.ageing, name="ageing"),
    path("reports/ageing.csv", ageing.export, name="ageing_export"),
    path("reports/ageing.pdf", ageing.ageing_pdf, name="ageing_pdf"),
]
