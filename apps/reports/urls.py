from django.urls import URLPattern, URLResolver, path

from apps.reports.views import ageing, breakdown, figure, revenue, taxes

app_name = "reports"
urlpatterns: list[URLPattern | URLResolver] = [
    path("reports/", revenue.dashboard, name="dashboard"),
    path("reports/figures/<slug:key>/", figure.figure, name="figure"),
    path("reports/revenue.csv", revenue.export, name="export"),
    path("reports/breakdown/", breakdown.page, name="breakdown"),
    path("reports/breakdown.csv", breakdown.export, name="breakdown_csv"),
    path("reports/breakdown.pdf", breakdown.paper, name="breakdown_pdf"),
    path("reports/taxes/", taxes.page, name="taxes"),
    path("reports/taxes.csv", taxes.export, name="taxes_csv"),
    path("reports/taxes.pdf", taxes.paper, name="taxes_pdf"),
    path("reports/taxes/parts/", taxes.parts, name="tax_parts"),
    path("reports/ageing/", ageing.ageing, name="ageing"),
    path("reports/ageing/parts/", ageing.parts, name="ageing_parts"),
    path("reports/ageing.csv", ageing.export, name="ageing_export"),
    path("reports/ageing.pdf", ageing.ageing_pdf, name="ageing_pdf"),
]
