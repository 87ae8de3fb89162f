"""What the web server runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpms.settings")

application = get_wsgi_application()

from apps.core.encryption import root_key  # noqa: E402  needs the apps; no start without a key of our own

root_key()
