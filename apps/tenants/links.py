"""Addresses that work outside a request: in e-mail, in print."""

from django.conf import settings

from apps.core.connection import here, on_platform


def absolute(path: str) -> str:
    """The full address of a path of the clinic (or the platform) that the transaction is in."""
    context = here()
    host = f"{context.slug}.{settings.HPMS_DOMAIN}" if context.slug else settings.HPMS_DOMAIN
    port = f":{settings.HPMS_PORT}" if settings.HPMS_PORT else ""
    return f"{'https' if settings.PRODUCTION else 'http'}://{host}{port}{path}"


def urlconf() -> str:
    """The addresses known where the transaction is: a clinic's, or the platform's."""
    return settings.PUBLIC_SCHEMA_URLCONF if on_platform() else settings.ROOT_URLCONF
