"""Addresses of what is known of patients: record, stream, consents and their texts."""

from django.urls import URLPattern, URLResolver, path

from apps.patients.views import consent_texts, consents, record, timeline

urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/<uuid:pk>/timeline/", timeline.timeline, name="timeline"),
    path("patients/<uuid:pk>/record/<slug:kind>/", record.enter, name="enter"),
    path("patients/<uuid:pk>/no-known-allergies/", record.no_known_allergies, name="no_known_allergies"),
    path("record/<slug:kind>/<uuid:pk>/", record.history, name="entry"),
    path("record/<slug:kind>/<uuid:pk>/details/", record.amend, name="entry_amend"),
    path("record/<slug:kind>/<uuid:pk>/end/", record.ending, name="entry_end"),
    path("record/<slug:kind>/<uuid:pk>/error/", record.striking, name="entry_strike"),
    path("patients/<uuid:pk>/consents/", consents.of_patient, name="consents"),
    path("patients/<uuid:pk>/consents/<uuid:form_pk>/", consents.signature, name="signature"),
    path("consents/<uuid:pk>/", consents.consent, name="consent"),
    path("consents/<uuid:pk>/pdf/", consents.paper, name="consent_pdf"),
    path("consents/<uuid:pk>/revocation/", consents.revocation, name="consent_revocation"),
    path("set-up/consent-forms/", consent_texts.all_forms, name="consent_forms"),
    path("set-up/consent-forms/new/", consent_texts.new, name="consent_form_new"),
    path("set-up/consent-forms/<uuid:pk>/", consent_texts.one, name="consent_form"),
    path("set-up/consent-forms/<uuid:pk>/publication/", consent_texts.publication, name="consent_form_publication"),
    path("set-up/consent-forms/<uuid:pk>/withdrawal/", consent_texts.withdrawal, name="consent_form_withdrawal"),
    path("set-up/consent-forms/<uuid:pk>/discarding/", consent_texts.discarding, name="consent_form_discarding"),
    path("set-up/consent-forms/<uuid:pk>/next/", consent_texts.next_version, name="consent_form_next"),
]
