"""The workers' application. Tasks live in the apps' tasks.py; each runs inside one clinic (apps/tenants/tasks.py)."""

import os

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpms.settings")

app = Celery("hpms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def refuse_to_start_without_root_key(**kwargs: object) -> None:
    from apps.core.encryption import root_key  # needs the apps, which are loaded only now

    root_key()
