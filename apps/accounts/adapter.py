"""How allauth is told to behave in a clinic: nobody signs up, nothing leaves the request, no other host is safe."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts import homes, passwords
from apps.accounts.models import User
from apps.core import clock
from apps.outbox import email
from apps.tenants import links
from apps.tenants.middleware import client_ip


class ClinicAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's questions, answered."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return homes.home_of(request.user)  # type: ignore[arg-type]

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:me")

    def is_safe_url(self, url: str | None) -> bool:
        """Only this very host: the neighbour's subdomain is another clinic."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request) or "unknown"

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        user.act()

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:  # private: pinned, tested
        """By the address alone: a guesser chooses port and capitals of the host, and the cache knows the clinic."""
        return User.objects.normalize_email(credentials["email"])

    def set_password(self, user: User, password: str) -> None:
        """Wrong guesses at the old one count no longer."""
        passwords.choose(user, password, at=clock.now())
        self._delete_login_attempts_cached_email(self.request, email=user.email)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """At the address of the house, whatever host and port the stranger's request has named."""
        uid, _dash, token = key.partition("-")
        return links.absolute(reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token}))

    def send_password_reset_mail(self, user: User, email_address: str, context: dict[str, Any]) -> None:
        """Somebody who has not followed their invitation has nothing to reset."""
        if user.has_joined:
            email.send("password_reset", to=user.email, context={"user": user, "url": context["password_reset_url"]})

    def send_mail(self, template_prefix: str, email_address: str, context: dict[str, Any]) -> None:
        """allauth has nothing else to tell by e-mail; what is not written in templates/email is not sent."""

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kw: Any
    ) -> None:
        """Signing in and out needs no toast: the page that follows says it."""
        if message_template and message_template.endswith(("logged_in.txt", "logged_out.txt")):
            return
        super().add_message(request, level, message_template, *args, **kw)
