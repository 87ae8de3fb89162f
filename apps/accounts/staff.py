"""The people who work here: invite, join, amend, deactivate, let back in."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import passwords, roles, tokens
from apps.accounts.models import User, new_stamp
from apps.accounts.rights import rights_of
from apps.accounts.roles import lock_admins
from apps.core.connection import here
from apps.core.refusals import Conflict, NotFound, NotPermitted, Refusal
from apps.outbox import email as post
from apps.tenants import links

JOINERS = {0x200C: None, 0x200D: None}  # unseen, and needed to write names in Persian, Malayalam or Sinhala
INVITATION_LIFETIME = timedelta(days=7)


class BadDetail(Refusal):
    """A name or an e-mail address that cannot be used."""

    code = "bad_detail"


class EmailTaken(Conflict):
    """Somebody of this clinic has this e-mail address already."""

    code = "email_taken"
    field = "email"


class NoRole(Refusal):
    """Somebody without a role could sign in and see nothing."""

    code = "no_role"
    field = "roles"
    message = gettext_lazy("Choose at least one role.")


class AlreadyJoined(Conflict):
    """The person has followed an invitation already."""

    code = "already_joined"


class MoreThanYou(NotPermitted):
    """Nobody gives away, or takes from others, more than they hold themselves."""

    code = "more_than_you"
    field = "roles"


class InvitationOver(NotFound):
    """The link has been used, has expired, or was never ours."""

    code = "invitation_over"
    message = gettext_lazy("This invitation is no longer valid. Ask your clinic's administrator for a new one.")


class NotYourself(NotPermitted):
    """Nobody closes the door behind themselves by accident."""

    code = "not_yourself"
    message = gettext_lazy("You cannot deactivate yourself. Ask another clinic admin.")


def invite(*, email: str, full_name: str, roles: Iterable[str], by: User | None, at: datetime) -> User:
    """Let somebody in: they get an e-mail with a link that works once and for a week, and choose a password.

    Raises BadDetail, EmailTaken, NoRole, roles.UnknownRole.
    """
    email, full_name = _checked_email(email), _checked_name(full_name)
    with transaction.atomic():
        lock_admins()
        _refuse_taken(email)
        user = User.objects.create_user(email, full_name=full_name, invited_at=at)
        _give_roles(user, roles, by=by)
        _send_invitation(user, by=by)
    return user


def admit(*, email: str, full_name: str, roles: Iterable[str], password: str, by: User | None, at: datetime) -> User:
    """Somebody who needs no invitation because whoever admits them tells them the password: a demo, the first
    person on the platform. Raises as `invite` does, and WeakPassword.
    """
    email, full_name = _checked_email(email), _checked_name(full_name)
    with transaction.atomic():
        lock_admins()
        _refuse_taken(email)
        user = passwords.choose(User.objects.create_user(email, full_name=full_name), password, at=at)
        return _give_roles(user, roles, by=by)


def invite_again(user: User, *, by: User, at: datetime) -> User:
    """Send a fresh link; the earlier one stops working. Raises AlreadyJoined."""
    with transaction.atomic():
        user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        if user.has_joined:
            raise AlreadyJoined(_("%(name)s has joined already; they can reset their own password.") % {"name": user})
        if not user.is_active:
            raise BadDetail(_("%(name)s is deactivated.") % {"name": user})
        user.invited_at, user.stamp = at, new_stamp()
        user.save(update_fields=["invited_at", "stamp"])
        _send_invitation(user, by=by)
    return user


def invited_by_link(token: str) -> User:
    """Whose invitation this is. Raises InvitationOver: used, expired, replaced, or another clinic's."""
    try:
        user_id, stamp = signing.loads(token, salt=_salt(), max_age=INVITATION_LIFETIME)
        user = User.objects.get(pk=user_id, is_active=True, joined_at=None, stamp=stamp)
    except (signing.BadSignature, ValueError, TypeError, ValidationError, User.DoesNotExist) as problem:
        raise InvitationOver from problem
    return user


def join(token: str, *, password: str, full_name: str, at: datetime) -> User:
    """Follow an invitation: choose a password and say one's name. Raises InvitationOver, WeakPassword, BadDetail."""
    with transaction.atomic():
        user = User.objects.select_for_update(of=("self",)).get(pk=invited_by_link(token).pk)
        if user.has_joined:
            raise InvitationOver
        user.full_name = _checked_name(full_name)
        user.save(update_fields=["full_name"])
        return passwords.choose(user, password, at=at)


def amend(user: User, *, full_name: str, email: str, roles: Iterable[str], by: User, at: datetime) -> User:
    """Correct somebody's name or e-mail address and say which roles they hold.

    A new e-mail address ends their sessions. Raises BadDetail, EmailTaken, NoRole, MoreThanYou, roles.LastClinicAdmin.
    """
    email, full_name = _checked_email(email), _checked_name(full_name)
    with transaction.atomic():
        user = _locked_after_admins(user)
        _refuse_more_than_theirs(user, by=by)  # whoever reads their mail is them: a new password comes by e-mail
        if email != user.email:
            _refuse_taken(email)
            user.email, user.stamp = email, new_stamp()
            tokens.end_all(user, at=at, because="e-mail changed")
        user.full_name = full_name
        user.save(update_fields=["email", "full_name", "stamp"])
        return _give_roles(user, roles, by=by)


def rename(user: User, *, full_name: str, at: datetime) -> User:
    """Somebody corrects their own name. Raises BadDetail."""
    full_name = _checked_name(full_name)
    with transaction.atomic():
        user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        user.full_name = full_name
        user.save(update_fields=["full_name"])
    return user


def deactivate(user: User, *, by: User, at: datetime) -> User:
    """Close the door at once: sessions, tokens and links of the person end.

    Raises NotYourself, MoreThanYou, roles.LastClinicAdmin.
    """
    if user.pk == by.pk:
        raise NotYourself
    with transaction.atomic():
        user = _locked_after_admins(user)
        roles.refuse_last_admin(user)
        _refuse_more_than_theirs(user, by=by)
        user.is_active, user.stamp = False, new_stamp()
        user.save(update_fields=["is_active", "stamp"])
        tokens.end_all(user, at=at, because="deactivated")
    return user


def reactivate(user: User, *, by: User, at: datetime) -> User:
    """Let somebody back in with the roles they had; whoever never joined gets a fresh invitation.

    Raises MoreThanYou.
    """
    with transaction.atomic():
        user = _locked_after_admins(user)
        _refuse_more_than_theirs(user, by=by)
        user.is_active, user.stamp = True, new_stamp()
        user.save(update_fields=["is_active", "stamp"])
        return user if user.has_joined else invite_again(user, by=by, at=at)


def sign_out_everywhere(user: User, *, at: datetime) -> User:
    """End every session and token of the person, on all machines."""
    with transaction.atomic():
        user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        user.stamp = new_stamp()
        user.save(update_fields=["stamp"])
        tokens.end_all(user, at=at, because="signed out everywhere")
    return user


def invitation_link(user: User) -> str:
    """The address that lets this person choose a password: signed, of this clinic, good once."""
    token = signing.dumps([str(user.pk), user.stamp], salt=_salt())
    return links.absolute(reverse("accounts:join", urlconf=links.urlconf(), kwargs={"token": token}))


def _send_invitation(user: User, *, by: User | None) -> None:
    context = {"user": user, "by": by, "url": invitation_link(user), "days": INVITATION_LIFETIME.days}
    post.send("invitation", to=user.email, context=context)


def _salt() -> str:
    return f"accounts.invitation:{here().clinic}"


def _locked_after_admins(user: User) -> User:
    """The person, locked after the admins: see `roles.lock_admins`."""
    lock_admins()
    return User.objects.select_for_update(of=("self",)).get(pk=user.pk)


def _give_roles(user: User, codes: Iterable[str], *, by: User | None) -> User:
    wanted = set(codes)
    if not wanted:
        raise NoRole
    _refuse_more_than_own(wanted ^ {role.code for role in roles.held_by(user)}, by=by)
    return roles.assign(user, wanted)


def _refuse_more_than_theirs(user: User, *, by: User) -> None:
    _refuse_more_than_own([role.code for role in roles.held_by(user)], by=by)


def _refuse_more_than_own(codes: Iterable[str], *, by: User | None) -> None:
    """Whoever invites staff may otherwise make themselves clinic admin. Without `by` the house itself acts."""
    if by is None:
        return
    own = rights_of(by).permissions
    for role in roles.with_permissions(codes):
        if not role.permission_names <= own:
            raise MoreThanYou(
                _("The role “%(role)s” may do more than you. Ask a clinic admin.") % {"role": roles.name_of(role)}
            )


def _checked_email(email: str) -> str:
    email = User.objects.normalize_email(email)
    try:
        validate_email(email)
    except ValidationError as problem:
        raise BadDetail(_("This is not an e-mail address."), field="email") from problem
    if len(email) > 254:
        raise BadDetail(_("This e-mail address is too long."), field="email")
    return email


def _checked_name(full_name: str) -> str:
    full_name = " ".join(full_name.split())
    if not full_name or len(full_name) > 150 or not full_name.translate(JOINERS).isprintable():
        raise BadDetail(_("Give a name of at most 150 letters."), field="full_name")
    return full_name


def _refuse_taken(email: str) -> None:
    if User.objects.filter(email=email).exists():
        raise EmailTaken(_("Somebody with the e-mail address %(email)s works here already.") % {"email": email})
