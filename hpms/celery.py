"""The workers' application. Tasks live in the apps' tasks.py; each runs inside one clinic (apps/tenants/tasks.py)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpms.settings")

app = Celery("hpms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
