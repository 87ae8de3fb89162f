from django.urls import URLPattern, URLResolver, path

from apps.audit.views import trail

app_name = "audit"
urlpatterns: list[URLPattern | URLResolver] = [
    path("audit/", trail.trail, name="trail"),
    path("audit/<int:pk>/", trail.event, name="event"),
]
