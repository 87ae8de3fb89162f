from django.urls import URLPattern, URLResolver, path

from apps.clinic.views import places, profile, providers

app_name = "clinic"
urlpatterns: list[URLPattern | URLResolver] = [
    path("set-up/clinic/", profile.profile, name="profile"),
    path("set-up/providers/new/", providers.new_provider, name="new_provider"),
    path("set-up/providers/<uuid:pk>/", providers.provider, name="provider"),
    path("set-up/providers/<uuid:pk>/deactivation/", providers.deactivation, name="provider_deactivation"),
    path("set-up/providers/<uuid:pk>/restoration/", providers.restoration, name="provider_restoration"),
    path("set-up/departments/new/", places.new_department, name="new_department"),
    path("set-up/departments/<uuid:pk>/", places.department, name="department"),
    path("set-up/departments/<uuid:pk>/closing/", places.department_closing, name="department_closing"),
    path("set-up/departments/<uuid:pk>/reopening/", places.department_reopening, name="department_reopening"),
    path("set-up/sites/new/", places.new_site, name="new_site"),
    path("set-up/sites/<uuid:pk>/", places.site, name="site"),
    path("set-up/sites/<uuid:pk>/closing/", places.site_closing, name="site_closing"),
    path("set-up/sites/<uuid:pk>/reopening/", places.site_reopening, name="site_reopening"),
    path("set-up/rooms/new/", places.new_room, name="new_room"),
    path("set-up/rooms/<uuid:pk>/", places.room, name="room"),
    path("set-up/rooms/<uuid:pk>/closing/", places.room_closing, name="room_closing"),
    path("set-up/rooms/<uuid:pk>/reopening/", places.room_reopening, name="room_reopening"),
]
