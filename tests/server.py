"""Loaded by pytest before Django (-p tests.server): finds a PostgreSQL server and tells the settings where it is.

HPMS_DATABASE_URL, if set, must be a superuser's login; otherwise the embedded server is started.
"""

import atexit
import base64
import os
import shutil
import tempfile

from apps.tenants import bootstrap
from hpms.embedded import postgres

# Tests start some fifty processes: what one has compiled, the next ones load.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
ADMIN_URL = os.environ.get("HPMS_TEST_ADMIN_URL") or os.environ.get("HPMS_DATABASE_URL") or postgres.ensure_running()
_documents = tempfile.mkdtemp(prefix="hpms-documents-")
atexit.register(shutil.rmtree, _documents, ignore_errors=True)
_urls = bootstrap.prepare(ADMIN_URL, database="hpms_roles")
os.environ.update(
    HPMS_TEST_ADMIN_URL=ADMIN_URL,
    HPMS_DATABASE_URL=_urls.app,
    HPMS_OWNER_DATABASE_URL=_urls.owner,
    HPMS_MODE="test",
    HPMS_DOMAIN="localhost",
    HPMS_DOCUMENTS=_documents,
    HPMS_PAYMENT_GATEWAY="http://127.0.0.1:9/v1",  # nobody is there: who needs one plays it (billing/gateway_server.py)
    HPMS_ROOT_KEY=base64.b64encode(b"HPMSDEMOof-the-tests-32-bytes-ok").decode(),
)
