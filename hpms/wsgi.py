"""What the web server runs."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpms.settings")

application = get_wsgi_application()

from apps.core.encryption import root_key  # noqa: E402  needs the apps; no start without a key of our own

root_key()

# Every page and address is known before the first visitor comes, and once for all workers that are forked from here.
for _urlconf in (settings.ROOT_URLCONF, settings.PUBLIC_SCHEMA_URLCONF):
    len(get_resolver(_urlconf).reverse_dict)
