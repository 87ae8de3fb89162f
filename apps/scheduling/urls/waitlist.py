"""Addresses of the waitlist; urls.py adds them to its own."""

from django.urls import URLPattern, URLResolver, path

from apps.scheduling.views import waitlist

urlpatterns: list[URLPattern | URLResolver] = [
    path("waitlist/", waitlist.waitlist, name="waitlist"),
    path("waitlist/new/", waitlist.join, name="waitlist_join"),
    path("waitlist/<uuid:pk>/offer/", waitlist.offer, name="waitlist_offer"),
    path("waitlist/<uuid:pk>/withdrawal/", waitlist.withdrawal, name="waitlist_withdrawal"),
    path("waitlist/offers/<uuid:pk>/acceptance/", waitlist.acceptance, name="offer_acceptance"),
    path("waitlist/offers/<uuid:pk>/refusal/", waitlist.refusal, name="offer_refusal"),
]
