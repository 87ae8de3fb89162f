from django.urls import URLPattern, URLResolver, path

from apps.patients.views import charts, documents, files, lists, shares

app_name = "patients"
urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/", lists.patient_list, name="list"),
    path("patients/search/", lists.patient_search, name="search"),
    path("patients/new/", charts.register, name="register"),
    path("patients/<uuid:pk>/", charts.patient, name="patient"),
    path("patients/<uuid:pk>/details/", charts.amend, name="amend"),
    path("patients/<uuid:pk>/deactivation/", charts.deactivation, name="deactivation"),
    path("patients/<uuid:pk>/restoration/", charts.restoration, name="restoration"),
    path("patients/<uuid:pk>/documents/", documents.documents, name="documents"),
    path("documents/<uuid:pk>/", documents.document, name="document"),
    path("documents/<uuid:pk>/details/", documents.amend, name="document_details"),
    path("documents/<uuid:pk>/versions/", documents.versions, name="document_versions"),
    path("documents/<uuid:pk>/versions/<int:n>/file/", files.download, name="document_file"),
    path("documents/<uuid:pk>/versions/<int:n>/preview/", files.preview, name="document_preview"),
    path("documents/<uuid:pk>/supersession/", documents.supersession, name="document_supersession"),
    path("documents/<uuid:pk>/error/", documents.error, name="document_error"),
    path("documents/<uuid:pk>/reinstatement/", documents.reinstatement, name="document_reinstatement"),
    path("documents/<uuid:pk>/shares/", shares.share, name="document_shares"),
    path("documents/shares/<uuid:pk>/revocation/", shares.revocation, name="share_revocation"),
    path("shared/", shares.shared, name="shared"),
    path("shared/file/", shares.shared_file, name="shared_file"),
]
