"""Roles: named bundles of permissions that a clinic admin may edit, and who holds them.

Each app declares its permissions and which system roles get them in its permissions.py; `sync` brings a
clinic in step whenever it has been migrated. A permission is granted by default only when it is new here, so
that what a clinic admin has taken away from a role stays taken away.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.utils.module_loading import module_has_submodule
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.accounts import rights
from apps.accounts.models import Role, RoleHolder, User
from apps.core.connection import on_platform
from apps.core.refusals import Conflict, NotPermitted, Refusal

CLINIC_ADMIN = "clinic_admin"
SYSTEM_ADMIN = "system_admin"
CLINIC_ROLES = {
    CLINIC_ADMIN: gettext_noop("Clinic admin"),
    "provider": gettext_noop("Provider"),
    "front_desk": gettext_noop("Front desk"),
    "billing_manager": gettext_noop("Billing manager"),
    "cashier": gettext_noop("Cashier"),
    "nurse": gettext_noop("Nurse"),
    "compliance_officer": gettext_noop("Compliance officer"),
}
PLATFORM_ROLES = {SYSTEM_ADMIN: gettext_noop("System admin")}
# These two hold everything there is, always: somebody must be able to give back what was taken away.
HOLDS_EVERYTHING = frozenset({CLINIC_ADMIN, SYSTEM_ADMIN})
# Permissions of the house itself hang on a content type of this name, one an app.
CONTENT_TYPE = "work"


class UnknownRole(Refusal):
    """There is no such role in this clinic."""

    code = "unknown_role"


class RoleIsFixed(NotPermitted):
    """A system role keeps its name, and the clinic admin's its bundle."""

    code = "role_is_fixed"


class RoleInUse(Conflict):
    """Somebody still holds the role."""

    code = "role_in_use"


class RoleNameTaken(Conflict):
    """Another role of this clinic has this name."""

    code = "role_name_taken"


class BeyondOwn(NotPermitted):
    """A permission that the editor does not hold themselves."""

    code = "beyond_own"
    field = "permissions"


class UnknownPermission(Refusal):
    """There is no such permission."""

    code = "unknown_permission"


class LastClinicAdmin(Conflict):
    """The clinic would be left with nobody who can let people in."""

    code = "last_clinic_admin"


@dataclass(frozen=True, slots=True)
class Declared:
    """What one app's permissions.py says."""

    app_label: str
    words: str
    permissions: Mapping[str, str]
    grants: Mapping[str, Collection[str]]


def declared() -> list[Declared]:
    """The permissions that the apps of this house (a clinic's, or the platform's) declare, in its order."""
    platform = on_platform()
    found = []
    for config in apps.get_app_configs():
        lives_here = config.name in (settings.SHARED_APPS if platform else settings.TENANT_APPS)
        lives_here = lives_here or (not platform and config.name in settings.WITHOUT_TABLES)
        if lives_here and config.name.startswith("apps.") and module_has_submodule(config.module, "permissions"):
            module = import_module(f"{config.name}.permissions")
            found.append(Declared(config.label, str(config.verbose_name), module.PERMISSIONS, module.GRANTS))
    return found


def sync() -> None:
    """Bring this clinic's roles and permissions in step with the apps. Safe to repeat; keeps a clinic admin's edits."""
    platform = on_platform()
    system = PLATFORM_ROLES if platform else CLINIC_ROLES
    with transaction.atomic():
        roles, fresh = _system_roles(system)
        rows, new = _permissions()
        for app in declared():
            for code, codenames in app.grants.items():
                if code not in CLINIC_ROLES and code not in PLATFORM_ROLES:
                    raise ValueError(f"{app.app_label}.permissions grants to the unknown role {code}.")
                if code in roles and code not in HOLDS_EVERYTHING:
                    names = {(app.app_label, codename) for codename in codenames}
                    given = names if code in fresh else names & new
                    roles[code].group.permissions.add(*(rows[name] for name in given))
        everything = Permission.objects.all()
        for code in HOLDS_EVERYTHING & roles.keys():
            roles[code].group.permissions.set(everything)


def give(user: User, *codes: str) -> User:
    """The person holds these roles from now on, besides those they hold already. Raises UnknownRole."""
    held = set(Role.objects.filter(group__roleholder__user=user).values_list("code", flat=True))
    return assign(user, held | set(codes))


def assign(user: User, codes: Iterable[str]) -> User:
    """The person holds exactly these roles. Raises UnknownRole, LastClinicAdmin."""
    wanted = set(codes)
    with transaction.atomic():
        lock_admins()
        roles = {role.code: role for role in Role.objects.filter(code__in=wanted)}
        if unknown := wanted - roles.keys():
            raise UnknownRole(_("There is no role “%(code)s” here.") % {"code": min(unknown)}, field="roles")
        if not wanted & HOLDS_EVERYTHING:
            refuse_last_admin(user)
        groups = {role.group_id for role in roles.values()}
        RoleHolder.objects.filter(user=user).exclude(group__in=groups).delete()
        RoleHolder.objects.bulk_create(
            [RoleHolder(user=user, group_id=group) for group in groups], ignore_conflicts=True
        )
        user.is_staff = bool(wanted & HOLDS_EVERYTHING)
        user.save(update_fields=["is_staff"])
    rights.forget(user)
    return user


def refuse_last_admin(user: User) -> None:
    """Refuse when this person is the only active clinic admin left. Hold the lock of `lock_admins` first."""
    admins = User.objects.filter(is_active=True, groups__role__code__in=HOLDS_EVERYTHING)
    if admins.filter(pk=user.pk).exists() and not admins.exclude(pk=user.pk).exists():
        raise LastClinicAdmin(
            _("%(name)s is the only clinic admin. Make somebody else clinic admin first.") % {"name": user},
            field="roles",
        )


def held_by(user: User) -> list[Role]:
    """The roles of somebody, in the order of the house."""
    return list(Role.objects.filter(group__roleholder__user=user))


def all_roles() -> list[Role]:
    """Every role of the clinic, in the order of the house."""
    return list(Role.objects.all())


def name_of(role: "Role | Bundle") -> str:
    """What the role is called in the reader's language; a clinic's own role as the clinic named it."""
    return _(role.name) if role.is_system else role.name


@dataclass(frozen=True, slots=True)
class Bundle:
    """A role and the names of everything its holders may do."""

    code: str
    name: str
    is_system: bool
    permission_names: frozenset[str]


def with_permissions(codes: Iterable[str] | None = None) -> list[Bundle]:
    """The named roles (or all) with their permissions, in two queries."""
    found = Role.objects.select_related("group").prefetch_related("group__permissions__content_type")
    if codes is not None:
        found = found.filter(code__in=set(codes))
    return [
        Bundle(
            role.code,
            role.name,
            role.is_system,
            frozenset(
                f"{row.content_type.app_label}.{row.codename}"
                for row in role.group.permissions.all()
                if row.content_type.model == CONTENT_TYPE
            ),
        )
        for role in found
    ]


def create(*, name: str, permissions: Iterable[str], by: User, at: datetime) -> Role:
    """A role of the clinic's own. Raises RoleNameTaken, UnknownPermission."""
    with transaction.atomic():
        name = _free_name(name)
        code = slugify(name).replace("-", "_")[:36] or "role"
        taken = {
            *CLINIC_ROLES,
            *PLATFORM_ROLES,
            *Role.objects.filter(code__startswith=code).values_list("code", flat=True),
        }
        if code in taken:
            code = next(f"{code}_{n}" for n in range(2, 1000) if f"{code}_{n}" not in taken)
        with _once(name):
            role = Role.objects.create(group=Group.objects.create(name=code), code=code, name=name)
        role.group.permissions.set(_allowed(permissions, had=frozenset(), by=by))
    return role


def edit(role: Role, *, permissions: Iterable[str], by: User, at: datetime, name: str | None = None) -> Role:
    """What holders of the role may do from now on. Raises RoleIsFixed, RoleNameTaken, UnknownPermission."""
    with transaction.atomic():
        role = Role.objects.select_for_update().select_related("group").get(pk=role.pk)
        if role.code in HOLDS_EVERYTHING:
            raise RoleIsFixed(_("A clinic admin may always do everything; this role cannot be changed."))
        if name is not None and name.strip() != role.name:
            if role.is_system:
                raise RoleIsFixed(_("“%(role)s” is a system role and keeps its name.") % {"role": role}, field="name")
            role.name = _free_name(name, besides=role)
            with _once(role.name):
                role.save(update_fields=["name"])
        had = frozenset().union(*(bundle.permission_names for bundle in with_permissions([role.code])))
        role.group.permissions.set(_allowed(permissions, had=had, by=by))
    return role


def delete(role: Role, *, by: User, at: datetime) -> None:
    """Remove a role of the clinic's own that nobody holds. Raises RoleIsFixed, RoleInUse."""
    with transaction.atomic():
        role = Role.objects.select_for_update().select_related("group").get(pk=role.pk)
        if role.is_system:
            raise RoleIsFixed(_("“%(role)s” is a system role and cannot be deleted.") % {"role": role})
        if holders := RoleHolder.objects.filter(group=role.group_id).count():
            raise RoleInUse(_("%(count)d people still hold the role “%(role)s”.") % {"count": holders, "role": role})
        group = role.group
        role.delete()
        group.delete()


def lock_admins() -> None:
    """Whoever changes who is clinic admin, or lets somebody in, waits here for the others before they lock a person:
    two cannot remove each other, nor give one address twice."""
    list(Role.objects.select_for_update().filter(code__in=HOLDS_EVERYTHING).values_list("pk", flat=True))


def _free_name(name: str, *, besides: Role | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise Refusal(_("Give the role a name of at most 80 letters."), field="name")
    others = Role.objects.exclude(pk=besides.pk) if besides else Role.objects.all()
    if others.filter(name__iexact=name).exists():
        raise _taken(name)
    return name


def _taken(name: str) -> RoleNameTaken:
    return RoleNameTaken(_("There is a role named “%(name)s” already.") % {"name": name}, field="name")


@contextmanager
def _once(name: str) -> Iterator[None]:
    """A second click, or two admins at one moment: the database lets one of them through."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise _taken(name) from error


def _allowed(names: Iterable[str], *, had: frozenset[str], by: User) -> list[Permission]:
    """The permission rows, unless they are more than the editor holds: nobody widens their own rights this way."""
    wanted = set(names)
    if beyond := (wanted ^ had) - rights.rights_of(by).permissions:
        rows = _named(wanted | had)
        words = next(row.name for row in rows if f"{row.content_type.app_label}.{row.codename}" in beyond)
        raise BeyondOwn(_("You may not give or take “%(words)s”, which you do not hold.") % {"words": _(words)})
    return _named(wanted)


def _named(names: Iterable[str]) -> list[Permission]:
    """The permission rows of names such as "scheduling.book_appointment"."""
    wanted = set(names)
    rows = {
        f"{row.content_type.app_label}.{row.codename}": row
        for row in Permission.objects.filter(content_type__model=CONTENT_TYPE).select_related("content_type")
    }
    if unknown := wanted - rows.keys():
        raise UnknownPermission(_("There is no permission “%(name)s”.") % {"name": min(unknown)}, field="permissions")
    return [rows[name] for name in wanted]


def _system_roles(system: Mapping[str, str]) -> tuple[dict[str, Role], set[str]]:
    """The system roles, and the codes of those that were missing until now."""
    have = {role.code: role for role in Role.objects.select_related("group").filter(code__in=system)}
    fresh = system.keys() - have.keys()
    for position, (code, name) in enumerate(system.items()):
        if code in fresh:
            group, _made = Group.objects.get_or_create(name=code)
            have[code] = Role.objects.create(group=group, code=code, name=name, is_system=True, position=position)
    return have, fresh


def _permissions() -> tuple[dict[tuple[str, str], Permission], set[tuple[str, str]]]:
    """Create the declared permissions that are missing and keep their words in step; all of them, and the new."""
    apps_ = declared()
    for app in apps_:
        if app.permissions:
            ContentType.objects.get_or_create(app_label=app.app_label, model=CONTENT_TYPE)
    types = {row.app_label: row for row in ContentType.objects.filter(model=CONTENT_TYPE)}
    have = {
        (row.content_type.app_label, row.codename): row
        for row in Permission.objects.filter(content_type__in=types.values()).select_related("content_type")
    }
    missing, reworded, wanted = [], [], set()
    for app in apps_:
        for codename, words in app.permissions.items():
            wanted.add((app.app_label, codename))
            row = have.get((app.app_label, codename))
            if row is None:
                missing.append(Permission(content_type=types[app.app_label], codename=codename, name=words))
            elif row.name != words:
                row.name = words
                reworded.append(row)
    made = Permission.objects.bulk_create(missing)
    Permission.objects.bulk_update(reworded, ["name"])
    Permission.objects.filter(pk__in=[row.pk for key, row in have.items() if key not in wanted]).delete()
    new = {(row.content_type.app_label, row.codename): row for row in made}
    return have | new, set(new)
