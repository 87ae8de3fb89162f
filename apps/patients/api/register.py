"""Patients through the API. Names are searched by POST: what is typed has no place in an address."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller
from apps.audit.reads import record_read, record_reads
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.idempotency import idempotent
from apps.core.problems import problem_response
from apps.core.refusals import NotPermitted
from apps.patients import registration, search
from apps.patients.api.refused import by_field
from apps.patients.details import OLDEST, BadDetails
from apps.patients.duplicates import Duplicate
from apps.patients.forms.patients import FLAGS
from apps.patients.models import BloodGroup, Patient, Sex
from apps.patients.registration import LikelyDuplicate

DETAILS = (
    *("given_name", "middle_name", "family_name", "preferred_name", "sex", "birth_date", "preferred_language"),
    *("phone", "other_phone", "email", "address", "city", "state", "postal_code", "country"),
    *("emergency_name", "emergency_relationship", "emergency_phone"),
    *("national_id", "blood_group", "notes", "is_vip", "is_blocked", "blocked_reason"),
)


class PatientSerializer(serializers.ModelSerializer[Patient]):
    """A patient as the clinic knows them."""

    age = serializers.SerializerMethodField(help_text="Completed years on the clinic's today.")
    full_name = serializers.CharField(read_only=True)

    class Meta:
        model = Patient
        fields = (
            *("id", "tenant_id", "number", "full_name", *DETAILS, "birth_date_estimated", "age"),
            *(
                "is_active",
                "merged_into",
                "deactivated_at",
                "deactivated_reason",
                "registered_at",
                "last_activity_at",
                "version",
            ),
        )
        read_only_fields = fields

    def get_age(self, patient: Patient) -> int | None:
        return patient.age_on(day_of(now(), profile.current().zone))


@extend_schema_serializer(component_name="PatientInList")
class LineSerializer(serializers.ModelSerializer[Patient]):
    """What tells one patient from another: for lists."""

    full_name = serializers.CharField(read_only=True)

    class Meta:
        model = Patient
        fields = (
            *("id", "tenant_id", "number", "full_name", "given_name", "family_name", "preferred_name", "sex"),
            *("birth_date", "birth_date_estimated", "phone", "other_phone", "is_vip", "is_blocked", "is_active"),
            "merged_into",
            "last_activity_at",
        )
        read_only_fields = fields


class DetailsSerializer(serializers.Serializer[Any]):
    """What people fill in. Types only: what makes sense is for the rules to say."""

    given_name = serializers.CharField(max_length=100)
    middle_name = serializers.CharField(max_length=100, allow_blank=True)
    family_name = serializers.CharField(max_length=100, allow_blank=True)
    preferred_name = serializers.CharField(max_length=100, allow_blank=True)
    sex = serializers.ChoiceField(choices=Sex.choices)
    birth_date = serializers.DateField(allow_null=True)
    age = serializers.IntegerField(
        min_value=0, max_value=OLDEST, write_only=True, help_text="Completed years, instead of birth_date."
    )
    preferred_language = serializers.CharField(
        max_length=8, allow_blank=True, help_text="A code such as kn or zh-hans."
    )
    phone = serializers.CharField(max_length=32, allow_blank=True)
    other_phone = serializers.CharField(max_length=32, allow_blank=True)
    email = serializers.CharField(max_length=254, allow_blank=True)
    address = serializers.CharField(max_length=300, allow_blank=True)
    city = serializers.CharField(max_length=100, allow_blank=True)
    state = serializers.CharField(max_length=100, allow_blank=True)
    postal_code = serializers.CharField(max_length=16, allow_blank=True)
    country = serializers.CharField(max_length=100, allow_blank=True)
    emergency_name = serializers.CharField(max_length=150, allow_blank=True)
    emergency_relationship = serializers.CharField(max_length=60, allow_blank=True)
    emergency_phone = serializers.CharField(max_length=32, allow_blank=True)
    national_id = serializers.CharField(max_length=40, allow_blank=True)
    blood_group = serializers.ChoiceField(choices=BloodGroup.choices, allow_blank=True)
    notes = serializers.CharField(max_length=4000, allow_blank=True)
    is_vip = serializers.BooleanField()
    is_blocked = serializers.BooleanField()
    blocked_reason = serializers.CharField(max_length=300, allow_blank=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Only a name is needed; what is left out stays as it is."""
        fields = super().get_fields()
        for name, field in fields.items():
            field.required = name == "given_name"
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and not isinstance(data, QueryDict) and (unknown := set(data) - set(self.fields)):
            raise serializers.ValidationError({name: _("There is no such field.") for name in sorted(unknown)})
        return super().to_internal_value(data)


@extend_schema_serializer(component_name="PatientRegistration")
class RegistrationSerializer(DetailsSerializer):
    """A new patient."""

    confirm_not_duplicate = serializers.BooleanField(
        help_text="True once somebody has compared the `duplicates` of a 409: it is another person."
    )


@extend_schema_serializer(component_name="PatientAmendment")
class AmendmentSerializer(DetailsSerializer):
    """Changes of a patient."""

    version = serializers.IntegerField(
        min_value=1, help_text="The version that was read: 409 if somebody has changed the patient since."
    )


@extend_schema_serializer(component_name="PatientSearch")
class SearchSerializer(serializers.Serializer[Any]):
    """What is typed into the search."""

    text = serializers.CharField(
        max_length=search.LONGEST_QUERY,
        help_text="Beginnings of names, a phone or its last four digits, a date of birth, a patient number.",
    )
    limit = serializers.IntegerField(min_value=1, max_value=50, default=20)
    inactive_too = serializers.BooleanField(default=False)


@extend_schema_serializer(component_name="PatientDeactivation")
class DeactivationSerializer(serializers.Serializer[Any]):
    """Why a patient leaves the lists."""

    reason = serializers.CharField(max_length=300)


class PatientFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Lists are narrowed by what the database can read; people are found by POST …/patients/search/."""

    is_active = django_filters.BooleanFilter()
    is_vip = django_filters.BooleanFilter()
    is_blocked = django_filters.BooleanFilter()
    sex = django_filters.ChoiceFilter(choices=Sex.choices)
    number = django_filters.CharFilter()
    registered_from = django_filters.IsoDateTimeFilter("registered_at", "gte")
    registered_before = django_filters.IsoDateTimeFilter("registered_at", "lt")


class Patients(generics.ListAPIView[Patient]):
    """The register: those dealt with last come first."""

    permission_classes = [Needs("patients.view_patient", POST="patients.register_patient")]  # type: ignore[list-item]
    serializer_class = LineSerializer
    filterset_class = PatientFilter

    def get_queryset(self) -> QuerySet[Patient]:
        return Patient.objects.only(*search.LINE).recent_first()

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({patient.pk for patient in rows or ()}, "list")
        return rows

    @extend_schema(
        request=RegistrationSerializer,
        responses={201: PatientSerializer, 409: OpenApiResponse(description="Likely duplicates, in `duplicates`.")},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Register a patient. 409 with `duplicates` if the clinic may know them already."""
        details = _checked(RegistrationSerializer(data=request.data), request)
        compared = details.pop("confirm_not_duplicate", False)
        try:
            patient = registration.register(by=caller(request), at=now(), refuse_duplicates=not compared, **details)
        except LikelyDuplicate as refusal:
            return _compare(refusal)
        except BadDetails as refusal:
            raise by_field(refusal) from None
        return Response(PatientSerializer(patient).data, status=201)


class PatientSearch(APIView):
    """Find patients."""

    permission_classes = [Needs("patients.view_patient")]  # type: ignore[list-item]

    @extend_schema(request=SearchSerializer, responses=LineSerializer(many=True))
    def post(self, request: Request) -> Response:
        """At most `limit` patients who fit all that was typed, those dealt with last first."""
        asked = SearchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        found = search.find(wanted["text"], limit=wanted["limit"], inactive_too=wanted["inactive_too"])
        record_reads({patient.pk for patient in found}, "list")
        return Response({"results": LineSerializer(found, many=True).data})


class OnePatient(APIView):
    """One patient."""

    permission_classes = [Needs("patients.view_patient", PATCH="patients.amend_patient")]  # type: ignore[list-item]

    @extend_schema(responses=PatientSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Everything that is known."""
        patient = get_object_or_404(Patient, pk=pk)
        record_read(patient.pk, "chart")
        return Response(PatientSerializer(patient).data)

    @extend_schema(request=AmendmentSerializer(partial=True), responses=PatientSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Correct or complete what is known. Fields that are left out stay as they are."""
        patient = get_object_or_404(Patient, pk=pk)
        changes = _checked(AmendmentSerializer(data=request.data, partial=True), request)
        record_read(patient.pk, "details")
        try:
            patient = registration.amend(patient, by=caller(request), at=now(), **changes)
        except BadDetails as refusal:
            raise by_field(refusal) from None
        return Response(PatientSerializer(patient).data)


class Deactivation(APIView):
    """A patient's deactivation: POST to deactivate, DELETE to restore. Nobody is ever deleted."""

    permission_classes = [Needs("patients.deactivate_patient")]  # type: ignore[list-item]

    @extend_schema(request=DeactivationSerializer, responses=PatientSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Take the patient out of the lists."""
        patient = get_object_or_404(Patient, pk=pk)
        asked = DeactivationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        patient = registration.deactivate(patient, by=caller(request), at=now(), reason=asked.validated_data["reason"])
        record_read(patient.pk, "details")
        return Response(PatientSerializer(patient).data)

    @extend_schema(responses={200: PatientSerializer})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Restore the patient."""
        patient = registration.restore(get_object_or_404(Patient, pk=pk), by=caller(request), at=now())
        record_read(patient.pk, "details")
        return Response(PatientSerializer(patient).data)


def _checked(serializer: DetailsSerializer, request: Request) -> dict[str, Any]:
    """The details that were sent; marking somebody as VIP or blocked needs its own permission."""
    serializer.is_valid(raise_exception=True)
    details: dict[str, Any] = dict(serializer.validated_data)
    if set(details) & set(FLAGS) and not request.user.has_perm("patients.flag_patient"):
        raise NotPermitted(_("You may not mark patients as VIP or blocked."))
    return details


def _compare(refusal: LikelyDuplicate) -> Response:
    record_reads({found.patient.pk for found in refusal.duplicates}, "duplicates")
    duplicates = [_duplicate(found) for found in refusal.duplicates]
    return problem_response(refusal.status, str(refusal), code=refusal.code, duplicates=duplicates)


def _duplicate(found: Duplicate) -> dict[str, Any]:
    return {
        **LineSerializer(found.patient).data,
        "points": found.points,
        "reasons": [str(reason) for reason in found.reasons],
    }


urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/", Patients.as_view(), name="api-patients"),
    path("patients/search/", PatientSearch.as_view(), name="api-patient-search"),
    path("patients/<uuid:pk>/", OnePatient.as_view(), name="api-patient"),
    path("patients/<uuid:pk>/deactivation/", Deactivation.as_view(), name="api-patient-deactivation"),
]
