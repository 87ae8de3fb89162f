"""The people who sign in to a clinic (or, in the public schema, to the console), their roles and their API sessions."""

import secrets
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from apps.accounts.rights import rights_of
from apps.core.connection import connection
from apps.core.models import PLATFORM_ID, ClinicModel, ClinicRow


def new_stamp() -> str:
    return secrets.token_urlsafe(16)


class UserManager(BaseUserManager["User"]):
    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """E-mail addresses are compared in lower case: nobody has two accounts by typing a capital."""
        return (email or "").strip().lower()

    def create_user(self, email: str, password: str | None = None, *, full_name: str = "", **extra: Any) -> "User":
        """A person who may sign in; without a password they first follow their invitation."""
        user = self.model(email=self.normalize_email(email), full_name=full_name.strip(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """A system admin of the whole installation. The database allows this on the platform only."""
        return self.create_user(email, password, **{**extra, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))


class User(ClinicModel, AbstractBaseUser, PermissionsMixin):
    """A person who signs in at one clinic. The same e-mail at another clinic is another person there.

    Permissions come from roles only, so that a clinic admin can read in one place what somebody may do.
    """

    email = models.EmailField(_("e-mail"), unique=True)
    full_name = models.CharField(_("full name"), max_length=150)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may use the administration site"), default=False, editable=False)
    invited_at = models.DateTimeField(null=True, editable=False)
    joined_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Part of every session and of every link sent by e-mail: changing it ends all of them at once.
    stamp = models.CharField(max_length=32, default=new_stamp, editable=False)

    groups = models.ManyToManyField(Group, through="accounts.RoleHolder", related_name="user_set", blank=True)  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        ordering = ("full_name", "email")
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")
        constraints = (
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower_case"),
            models.CheckConstraint(
                condition=models.Q(is_superuser=False) | models.Q(tenant_id=PLATFORM_ID),
                name="user_superuser_on_platform_only",
            ),
        )

    def __str__(self) -> str:
        return self.full_name or self.email

    def clean(self) -> None:
        self.email = User.objects.normalize_email(self.email)

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0]

    def act(self) -> None:
        """Name this person to the audit trail for the rest of the transaction."""
        connection.act_as(f"user:{self.pk}", roles=",".join(self.role_codes))

    @property
    def role_codes(self) -> list[str]:
        """The codes of the roles that the person holds, asked once a request."""
        return sorted(rights_of(self).roles)

    @property
    def has_joined(self) -> bool:
        """Whether the person has followed their invitation and chosen a password."""
        return self.joined_at is not None

    @property
    def initials(self) -> str:
        words = [word for word in self.full_name.replace(".", " ").split() if word[0].isalpha()]
        return (words[0][0] + words[-1][0] if len(words) > 1 else str(self)[:2]).upper()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Binds a session to the clinic, the password and the stamp: see AbstractBaseUser."""
        bound = f"{self.tenant_id}:{self.password}:{self.stamp}"
        return salted_hmac("apps.accounts.session", bound, secret=secret, algorithm="sha256").hexdigest()


class RoleHolder(ClinicModel):
    """Who holds which role, and since when."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    group = models.ForeignKey(Group, on_delete=models.CASCADE)
    since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "group"], name="role_held_once"),)


class Role(ClinicModel):
    """A named bundle of permissions. System roles keep their code and name; their bundle may be edited.

    The bundle is a Django group, so that everything which asks has_perm() works unchanged.
    """

    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="role")
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80, unique=True)
    is_system = models.BooleanField(default=False, editable=False)
    position = models.PositiveSmallIntegerField(default=100, editable=False)

    class Meta:
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.name


class ApiSession(ClinicModel):
    """One sign-in through the API. Revoking it ends its access tokens and its refresh token at once.

    Only a hash of the current refresh token is kept. An older one coming back means that somebody else has it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_sessions")
    refresh_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_because = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return str(self.pk)


class SignIn(ClinicRow):
    """Somebody came, left, or was refused at the door. Only ever added; the address that was typed is not kept."""

    append_only = True

    class Outcome(models.TextChoices):
        SIGNED_IN = "signed_in", _("Signed in")
        SIGNED_OUT = "signed_out", _("Signed out")
        REFUSED = "refused", _("Refused")

    class Door(models.TextChoices):
        PAGE = "page", _("Browser")
        API = "api", _("API")

    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="sign_ins")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    door = models.CharField(max_length=4, choices=Door)
    ip = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.outcome} {self.at:%Y-%m-%d %H:%M}"
