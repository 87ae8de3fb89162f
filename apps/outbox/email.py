"""E-mail to people, by way of the outbox."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from apps.core.connection import here
from apps.outbox.models import Message
from apps.outbox.outbox import put

KIND = "email"


def send(template: str, *, to: str, context: dict[str, Any]) -> Message:
    """Write an e-mail from templates/email/<template>.txt; the worker sends it after the commit.

    The first line of the template is the subject. The clinic's name is the sender's name.
    """
    clinic = here().name or "HPMS"
    text = render_to_string(f"email/{template}.txt", {**context, "clinic_name": clinic}).strip()
    subject, _, body = text.partition("\n")
    return put(KIND, {"to": to, "subject": subject.strip(), "body": body.strip() + "\n", "sender": clinic})


def deliver(payload: dict[str, Any], message: Message) -> None:
    """Hand one e-mail to the mail server. Its Message-ID is ours, so that a repeat can be recognised as one."""
    address = settings.DEFAULT_FROM_EMAIL.rpartition("<")[2].rstrip(">")
    name = payload["sender"].translate(str.maketrans("", "", '"\r\n<>\\'))
    EmailMultiAlternatives(
        subject=" ".join(payload["subject"].split()),
        body=payload["body"],
        from_email=f'"{name}" <{address}>',
        to=[payload["to"]],
        headers={"Message-ID": f"<{message.pk}@{settings.HPMS_DOMAIN}>", "Auto-Submitted": "auto-generated"},
    ).send()
