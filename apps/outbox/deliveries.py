"""The kinds of message that every clinic knows."""

from apps.outbox import email
from apps.outbox.handlers import handler

handler(email.KIND)(email.deliver)
