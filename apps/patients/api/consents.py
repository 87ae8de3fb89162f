"""Consents through the API: what may be signed, what is missing, signing, revoking, proving."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.connection import here
from apps.core.idempotency import idempotent
from apps.core.ids import new_id
from apps.patients import consent_texts, consents
from apps.patients.api.refused import by_field
from apps.patients.details import BadDetails
from apps.patients.models import ConsentForm, Patient, PatientConsent
from apps.patients.models.consents import Decision, Device, SignedBy

TEXT = ("title", "body", "language", "scope", "is_required", "valid_months", "asks_again")


@extend_schema_serializer(component_name="ConsentForm")
class FormSerializer(serializers.ModelSerializer[ConsentForm]):
    """A text that patients agree to."""

    class Meta:
        model = ConsentForm
        fields = ("id", "tenant_id", "series", "version", *TEXT, "sha256", "published_at", "withdrawn_at")
        read_only_fields = ("id", "tenant_id", "series", "version", "sha256", "published_at", "withdrawn_at")


@extend_schema_serializer(component_name="Consent")
class ConsentSerializer(serializers.ModelSerializer[PatientConsent]):
    """A patient's answer to a text."""

    state = serializers.SerializerMethodField(help_text="agreed, refused, revoked or expired, on the clinic's today.")
    is_unchanged = serializers.SerializerMethodField(help_text="Whether text and signature still give the hashes.")

    class Meta:
        model = PatientConsent
        fields = (
            *("id", "tenant_id", "patient", "form", "decision", "state", "method", "signer_name", "signed_by"),
            *("reason", "witness", "at", "expires_on", "device", "text_sha256", "digest", "is_unchanged"),
        )
        read_only_fields = fields

    def get_state(self, consent: PatientConsent) -> str:
        return consent.state_on(day_of(now(), profile.current().zone))

    def get_is_unchanged(self, consent: PatientConsent) -> bool:
        return consents.verify(consent).is_sound


@extend_schema_serializer(component_name="ConsentSignature")
class SignatureSerializer(serializers.Serializer[Any]):
    """What is signed, by whom and how."""

    form = serializers.UUIDField()
    signer_name = serializers.CharField(max_length=150)
    signed_by = serializers.ChoiceField(choices=SignedBy.choices, default=SignedBy.SELF)
    decision = serializers.ChoiceField(choices=Decision.choices, default=Decision.AGREED)
    drawing = serializers.CharField(
        max_length=consents.LONGEST_SIGNATURE,
        allow_blank=True,
        default="",
        help_text="Strokes as an SVG path of M and L in a box of 600 by 200; empty if the name is the signature.",
    )
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")


@extend_schema_serializer(component_name="ConsentRevocation")
class RevocationSerializer(serializers.Serializer[Any]):
    """Why it is taken back."""

    reason = serializers.CharField(max_length=300)


@extend_schema_serializer(component_name="MissingConsents")
class MissingSerializer(serializers.Serializer[Any]):
    missing = FormSerializer(many=True)
    results = ConsentSerializer(many=True)


class Forms(generics.ListAPIView[ConsentForm]):
    """Texts of consents."""

    permission_classes = [Needs("patients.view_consent", POST="patients.edit_consent_form")]  # type: ignore[list-item]
    serializer_class = FormSerializer
    queryset = ConsentForm.objects.newest_first()

    @extend_schema(request=FormSerializer, responses={201: FormSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Begin a form, as a draft."""
        details = checked(FormSerializer(data=request.data))
        try:
            form = consent_texts.draft(by=caller(request), at=now(), **details)
        except BadDetails as refusal:
            raise by_field(refusal) from None
        return Response(FormSerializer(form).data, status=201)


class Publication(APIView):
    """The publication of a text."""

    permission_classes = [Needs("patients.edit_consent_form")]  # type: ignore[list-item]

    @extend_schema(request=None, responses=FormSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """From now on it can be signed, and does not change any more."""
        form = consent_texts.publish(get_object_or_404(ConsentForm, pk=pk), by=caller(request), at=now())
        return Response(FormSerializer(form).data)

    @extend_schema(request=None, responses={200: FormSerializer})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Withdraw it: nobody is asked for it any more."""
        form = consent_texts.withdraw(get_object_or_404(ConsentForm, pk=pk), by=caller(request), at=now())
        return Response(FormSerializer(form).data)


class OfPatient(APIView):
    """A patient's consents."""

    permission_classes = [Needs("patients.view_consent", POST="patients.take_consent")]  # type: ignore[list-item]

    @extend_schema(responses=MissingSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Every answer, the newest first, and the required texts whose agreement is missing."""
        patient = get_object_or_404(Patient, pk=pk)
        record_read(patient.pk, "consent")
        answers = PatientConsent.objects.of_patient(patient).with_form()
        missing = consents.missing_for(patient, at=now())
        return Response(MissingSerializer({"missing": missing, "results": answers}).data)

    @extend_schema(request=SignatureSerializer, responses={201: ConsentSerializer})
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Record an answer; the caller is the witness. 409 if the text is a draft or was withdrawn."""
        patient = get_object_or_404(Patient, pk=pk)
        said = checked(SignatureSerializer(data=request.data))
        form = get_object_or_404(ConsentForm, pk=said.pop("form"))
        by = caller(request)
        try:
            answer = consents.sign(
                patient, form, by=by, at=now(), asked_as=new_id(), ip=here().ip, device=Device.PROGRAM, **said
            )
        except BadDetails as refusal:
            raise by_field(refusal) from None
        record_read(patient.pk, "consent")
        return Response(ConsentSerializer(answer).data, status=201)


class One(APIView):
    """One answer."""

    permission_classes = [Needs("patients.view_consent")]  # type: ignore[list-item]

    @extend_schema(responses=ConsentSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """The answer, and whether it is unchanged since."""
        return Response(ConsentSerializer(_fetched(pk)).data)


class Revocation(APIView):
    """The revocation of a consent."""

    permission_classes = [Needs("patients.take_consent")]  # type: ignore[list-item]

    @extend_schema(request=RevocationSerializer, responses=ConsentSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """The patient takes it back. 409 if it was not given, or was revoked already."""
        consent = _fetched(pk)
        reason = checked(RevocationSerializer(data=request.data))["reason"]
        consents.revoke(consent, by=caller(request), at=now(), reason=reason)
        return Response(ConsentSerializer(_fetched(pk)).data)


def _fetched(pk: UUID) -> PatientConsent:
    consent: PatientConsent = get_object_or_404(PatientConsent.objects.with_form(), pk=pk)
    record_read(consent.patient_id, "consent")
    return consent


urlpatterns: list[URLPattern | URLResolver] = [
    path("consent-forms/", Forms.as_view(), name="api-consent-forms"),
    path("consent-forms/<uuid:pk>/publication/", Publication.as_view(), name="api-consent-form-publication"),
    path("patients/<uuid:pk>/consents/", OfPatient.as_view(), name="api-consents-of-patient"),
    path("consents/<uuid:pk>/", One.as_view(), name="api-consent"),
    path("consents/<uuid:pk>/revocation/", Revocation.as_view(), name="api-consent-revocation"),
]
