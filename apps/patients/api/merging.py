"""Likely duplicates, merging and taking apart, through the API."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api_access import Needs, caller, checked
from apps.audit.reads import record_reads
from apps.clinic import profile
from apps.core.clock import day_of, now
from apps.core.idempotency import idempotent
from apps.patients import merging, review
from apps.patients.api.refused import by_field
from apps.patients.api.register import LineSerializer
from apps.patients.details import BadDetails
from apps.patients.models import DuplicatePair, Patient, PatientMerge


@extend_schema_serializer(component_name="LikelyDuplicatePair")
class PairSerializer(serializers.ModelSerializer[DuplicatePair]):
    """Two records that look like one person, and what speaks for it."""

    one, other = LineSerializer(), LineSerializer()
    reasons = serializers.SerializerMethodField()

    class Meta:
        model = DuplicatePair
        fields = ("id", "tenant_id", "one", "other", "points", "reasons", "found_at", "dismissed_at", "dismissed_by")
        read_only_fields = fields

    def get_reasons(self, pair: DuplicatePair) -> list[str]:
        today = day_of(now(), profile.current().zone)
        return [str(reason) for reason in review.likeness(pair, today=today)[1]]


@extend_schema_serializer(component_name="PatientMerge")
class MergeSerializer(serializers.ModelSerializer[PatientMerge]):
    """One record that became part of another."""

    is_undone = serializers.SerializerMethodField()
    separated_at = serializers.DateTimeField(source="separation.separated_at", read_only=True, allow_null=True)
    separated_by = serializers.UUIDField(source="separation.separated_by_id", read_only=True, allow_null=True)

    class Meta:
        model = PatientMerge
        fields = (
            *("id", "tenant_id", "survivor", "duplicate", "reason", "merged_at", "merged_by"),
            *("is_undone", "separated_at", "separated_by"),
        )
        read_only_fields = fields

    def get_is_undone(self, fact: PatientMerge) -> bool:
        return fact.undone is not None


@extend_schema_serializer(component_name="PatientMergeRequest")
class MergeRequestSerializer(serializers.Serializer[Any]):
    """Which record becomes part of this one, and which of its details stay."""

    duplicate = serializers.PrimaryKeyRelatedField(queryset=Patient.objects.all())
    take = serializers.MultipleChoiceField(
        choices=[(name, name) for name in merging.CHOICES], default=set, help_text="Details to take from the duplicate."
    )
    reason = serializers.CharField(max_length=300)
    survivor_version = serializers.IntegerField(min_value=1, required=False)
    duplicate_version = serializers.IntegerField(min_value=1, required=False)

    def validate(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if ("survivor_version" in wanted) != ("duplicate_version" in wanted):
            raise serializers.ValidationError({"survivor_version": "Give both versions or neither."})
        return wanted


@extend_schema_serializer(component_name="PatientSeparation")
class ReasonSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=300)


class Pairs(generics.ListAPIView[DuplicatePair]):
    """Likely duplicates to review, the likeliest first."""

    permission_classes = [Needs("patients.review_duplicates")]  # type: ignore[list-item]
    serializer_class = PairSerializer

    def get_queryset(self) -> QuerySet[DuplicatePair]:
        return DuplicatePair.objects.to_review().select_related("one", "other").order_by("-points", "pk")

    def paginate_queryset(self, queryset: Any) -> Any:
        rows = super().paginate_queryset(queryset)
        record_reads({pk for pair in rows or () for pk in (pair.one_id, pair.other_id)}, "duplicates")
        return rows


class Dismissal(APIView):
    """Two people, not one: POST to say so, DELETE to take it back."""

    permission_classes = [Needs("patients.review_duplicates")]  # type: ignore[list-item]

    @extend_schema(request=None, responses={200: PairSerializer, 409: OpenApiResponse(description="Judged already.")})
    def post(self, request: Request, pk: UUID) -> Response:
        """They are not offered again."""
        return _answer(review.dismiss(get_object_or_404(DuplicatePair, pk=pk), by=caller(request), at=now()))

    @extend_schema(responses={200: PairSerializer})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Back on the list."""
        return _answer(review.take_back(get_object_or_404(DuplicatePair, pk=pk), by=caller(request), at=now()))


class Merges(APIView):
    """Records that were merged into this patient's."""

    permission_classes = [Needs("patients.view_patient", POST="patients.merge_patient")]  # type: ignore[list-item]

    @extend_schema(responses=MergeSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """All of them, those undone included."""
        patient = get_object_or_404(Patient, pk=pk)
        facts = list(PatientMerge.objects.filter(survivor=patient).select_related("separation").order_by("merged_at"))
        record_reads({patient.pk, *(fact.duplicate_id for fact in facts)}, "comparison")
        return Response(MergeSerializer(facts, many=True).data)

    @extend_schema(
        request=MergeRequestSerializer,
        responses={201: MergeSerializer, 409: OpenApiResponse(description="One of them is merged or changed already.")},
    )
    @idempotent
    def post(self, request: Request, pk: UUID) -> Response:
        """Merge another record into this one. Nothing is lost, and it can be undone."""
        survivor = get_object_or_404(Patient, pk=pk)
        wanted = checked(MergeRequestSerializer(data=request.data))
        versions = (wanted["survivor_version"], wanted["duplicate_version"]) if "survivor_version" in wanted else None
        record_reads({survivor.pk, wanted["duplicate"].pk}, "comparison")
        try:
            fact = merging.merge(
                survivor,
                wanted["duplicate"],
                take=wanted["take"],
                by=caller(request),
                at=now(),
                reason=wanted["reason"],
                versions=versions,
            )
        except BadDetails as refusal:
            raise by_field(refusal) from None
        return Response(MergeSerializer(fact).data, status=201)


class Separation(APIView):
    """A merge that is undone."""

    permission_classes = [Needs("patients.merge_patient")]  # type: ignore[list-item]

    @extend_schema(
        request=ReasonSerializer,
        responses={200: MergeSerializer, 409: OpenApiResponse(description="They cannot be told apart as it is.")},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Both records are as before; what was recorded since stays with the survivor."""
        fact = get_object_or_404(PatientMerge, pk=pk)
        wanted = checked(ReasonSerializer(data=request.data))
        record_reads({fact.survivor_id, fact.duplicate_id}, "comparison")
        merging.separate(fact, by=caller(request), at=now(), reason=wanted["reason"])
        return Response(MergeSerializer(PatientMerge.objects.select_related("separation").get(pk=fact.pk)).data)


def _answer(pair: DuplicatePair) -> Response:
    record_reads({pair.one_id, pair.other_id}, "duplicates")
    return Response(PairSerializer(pair).data)


urlpatterns: list[URLPattern | URLResolver] = [
    path("patients/duplicates/", Pairs.as_view(), name="api-patient-duplicates"),
    path("patients/duplicates/<uuid:pk>/dismissal/", Dismissal.as_view(), name="api-patient-dismissal"),
    path("patients/<uuid:pk>/merges/", Merges.as_view(), name="api-patient-merges"),
    path("patients/merges/<uuid:pk>/separation/", Separation.as_view(), name="api-patient-separation"),
]
