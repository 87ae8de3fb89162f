"""Who came through the door, who left, and whom it was kept shut for."""

from django.http import HttpRequest

from apps.accounts.models import SignIn, User
from apps.core import clock
from apps.tenants.middleware import client_ip


def note(request: HttpRequest, outcome: SignIn.Outcome, *, user: User | None = None) -> SignIn:
    """Write down what happened at the door. Of a refusal only whose account was meant, if there is such an account."""
    door = SignIn.Door.API if request.path.startswith("/api/") else SignIn.Door.PAGE
    return SignIn.objects.create(user=user, at=clock.now(), outcome=outcome, door=door, ip=client_ip(request) or None)


def note_refusal(request: HttpRequest, *, email: str) -> SignIn:
    """Somebody gave a wrong password, or an address that nobody here has."""
    meant = User.objects.filter(email=User.objects.normalize_email(email)).first()
    return note(request, SignIn.Outcome.REFUSED, user=meant)
