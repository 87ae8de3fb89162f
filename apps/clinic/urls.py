from django.urls import URLPattern, URLResolver, path

from apps.clinic.views import places, profile, providers

app_name = "clinic"
urlpatterns: list[URLPattern | URLResolver] = [
    path("set-up/clinic/", profile.profile, name="profile"),
    path("set-up/providers/new/", providers.new_provider, name="new_provider"),
    path("set-up/providers/<uuid:pk>/", providers.provider, name="provider"),
    path("set-up/providers/<uuid:pk>/deactivation/", providers.deactivation, name="provider_deactivation"),
    path("set-up/providers/<uuid:pk>/restoration/", providers.restoration, name="provider_restoration"),
]
for kind in places.KINDS:
    one = f"set-up/{kind}s/<uuid:pk>/"
    urlpatterns += [
        path(f"set-up/{kind}s/new/", places.new, {"kind": kind}, name=f"new_{kind}"),
        path(one, places.amend, {"kind": kind}, name=kind),
        path(f"{one}closing/", places.closing, {"kind": kind}, name=f"{kind}_closing"),
        path(f"{one}reopening/", places.reopening, {"kind": kind}, name=f"{kind}_reopening"),
    ]
