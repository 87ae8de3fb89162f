"""The clinics of this installation. Nothing of a patient is ever kept here."""

from django.db import models
from django.db.models.functions import Lower

from apps.core.ids import new_id


class Clinic(models.Model):
    """A clinic, the schema that holds it, and whether its door is open.

    Not django-tenants' TenantMixin: that one's save() reaches for the owner's connection,
    which no web process has. What django-tenants asks of a tenant is little.
    """

    class State(models.TextChoices):
        OPENING = "opening"
        OPEN = "open"
        SUSPENDED = "suspended"
        ERASING = "erasing"

    class Plan(models.TextChoices):
        TRIAL = "trial"
        STANDARD = "standard"
        HOSPITAL = "hospital"

    auto_drop_schema = False  # asked by django-tenants when the row goes; provisioning.erase drops it, as the owner

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    schema_name = models.CharField(max_length=63, unique=True, help_text="Generated, never typed.")
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.OPENING)
    plan = models.CharField(max_length=10, choices=Plan, default=Plan.TRIAL)
    node = models.CharField(max_length=40, default="default", help_text="The database server that holds the schema.")
    admin_email = models.EmailField(help_text="Who is invited as the first clinic admin.")
    settings = models.JSONField(default=dict, help_text="Time zone, currency and locale it was opened with.")
    created_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    suspended_at = models.DateTimeField(null=True)
    suspended_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("slug",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["opening", "open", "suspended", "erasing"]), name="clinic_state"
            ),
            models.CheckConstraint(condition=models.Q(plan__in=["trial", "standard", "hospital"]), name="clinic_plan"),
            models.CheckConstraint(condition=models.Q(schema_name__regex="^t_[0-9a-z]+$"), name="clinic_schema_name"),
        )

    def __str__(self) -> str:
        return self.name


class Domain(models.Model):
    """A host name under which a clinic is reached."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    domain = models.CharField(max_length=253, unique=True)
    tenant = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="domains")

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(domain=Lower("domain")), name="domain_lower"),)

    def __str__(self) -> str:
        return self.domain


class Blueprint(models.Model):
    """The statements that build a fresh clinic's schema, per fingerprint of the migrations (tenants/blueprint.py)."""

    fingerprint = models.CharField(max_length=64, primary_key=True)
    statements = models.TextField()
    recorded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.fingerprint[:12]
