"""All settings of HPMS. What differs between machines comes from the environment: `make settings` lists it."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import django
from django.core.exceptions import ImproperlyConfigured

from hpms.environment import env, env_int, env_list, is_set

BASE_DIR = Path(__file__).resolve().parent.parent

# --- what kind of house this is --------------------------------------------------------------------------------------
HPMS_MODE = env("HPMS_MODE")  # demo | test | production
if HPMS_MODE not in {"demo", "test", "production"}:
    raise ImproperlyConfigured("HPMS_MODE is demo, test or production.")
PRODUCTION = HPMS_MODE == "production"
_NEEDED = ("SECRET_KEY", "DOMAIN", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "DOCUMENTS")
for _name in (f"HPMS_{name}" for name in _NEEDED):
    if PRODUCTION and not is_set(_name):
        raise ImproperlyConfigured(f"{_name} is missing: production starts with nothing left to guesses.")
DEBUG = False
HPMS_DOMAIN = env("HPMS_DOMAIN")
HPMS_PORT = env("HPMS_PORT")
HPMS_CLINIC_PICKER = not PRODUCTION  # the demo's front page lists its clinics; a real installation tells nobody
HPMS_TRUSTED_PROXIES = env_int("HPMS_TRUSTED_PROXIES")
SECRET_KEY = env("HPMS_SECRET_KEY") or "demo-only-secret-never-used-in-production-0123456789"
ALLOWED_HOSTS = env_list("HPMS_ALLOWED_HOSTS") or [HPMS_DOMAIN, f".{HPMS_DOMAIN}"]

# --- database: four walls (ARCHITECTURE §3) --------------------------------------------------------------------------


def _database(url: str, engine: str, options: dict[str, Any]) -> dict[str, Any]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": engine,
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": query.pop("port", str(parts.port or "")),
        "OPTIONS": {**query, **options},
    }


DATABASES = {
    # The app's bare login: every request enters a clinic by SET LOCAL ROLE, for one transaction.
    "default": _database(
        env("HPMS_DATABASE_URL") or "postgresql://hpms_app@localhost/hpms",
        "apps.tenants.backend",
        {
            "server_side_binding": True,
            "prepare_threshold": 5,  # then the server keeps the plan, and plans anew by itself in another clinic
            "pool": {"min_size": 0, "max_size": env_int("HPMS_DATABASE_POOL"), "timeout": 10},
        },
    )
    | {"ATOMIC_REQUESTS": True},
}
if env("HPMS_OWNER_DATABASE_URL"):
    # Migrations and provisioning only; a web process has no such login.
    DATABASES["owner"] = _database(env("HPMS_OWNER_DATABASE_URL"), "django_tenants.postgresql_backend", {})
DATABASE_ROUTERS = ["apps.tenants.routers.OwnerRouter", "django_tenants.routers.TenantSyncRouter"]
TENANT_MODEL = "tenants.Clinic"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_DB_ALIAS = "owner"
ROOT_URLCONF = "hpms.urls"
PUBLIC_SCHEMA_URLCONF = "hpms.urls_public"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- apps ------------------------------------------------------------------------------------------------------------
IN_BOTH = [  # these have tables in the public schema and in every clinic's
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.admin",
    "auditlog",
    "apps.core",
    "apps.audit",
    "apps.outbox",
    "apps.accounts",
    "allauth.account",
]
SHARED_APPS = ["django_tenants", "apps.tenants", *IN_BOTH, "apps.console"]
TENANT_APPS = [
    *IN_BOTH,
    "apps.clinic",
    "apps.ledger",
    "apps.patients",
    "apps.scheduling",
    "apps.billing",
    "apps.onboarding",
]
WITHOUT_TABLES = [
    "django.contrib.messages",
    "apps.core.staticfiles.HouseStaticFilesConfig",
    "django.contrib.humanize",
    "django.forms",
    "apps.reports",
    "apps.bench",
    "allauth",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "django_cotton.apps.SimpleAppConfig",
    "template_partials.apps.SimpleAppConfig",
]
# django.contrib.admin stands before django_tenants, whose templates would break the content security policy.
INSTALLED_APPS = list(dict.fromkeys(["django.contrib.admin", *SHARED_APPS, *TENANT_APPS, *WITHOUT_TABLES]))

MIDDLEWARE = [
    "hpms.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "apps.core.middleware.SecurityHeaders",
    "apps.core.middleware.NoNulBytes",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.middleware.Appearance",
    "apps.tenants.middleware.ClinicMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.tenants.middleware.ActorMiddleware",
    "apps.accounts.middleware.IdleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.accounts.middleware.AccessMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.core.middleware.ToastsOnFragments",
    "apps.core.middleware.OtherMethods",
    "apps.clinic.middleware.ClinicClock",
]
WSGI_APPLICATION = "hpms.wsgi.application"

# --- people ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["apps.accounts.backends.ClinicBackend"]
PASSWORD_HASHERS = ["apps.accounts.hashers.BoundedArgon2"]
HPMS_HASH_COST = {"time_cost": 2, "memory_cost": 102_400, "parallelism": 8}  # KiB
if HPMS_MODE == "test":  # the same Argon2id, with less to do
    HPMS_HASH_COST = {"time_cost": 1, "memory_cost": 1024, "parallelism": 1}
HPMS_HASHES_AT_ONCE = env_int("HPMS_HASHES_AT_ONCE")
PASSWORD_RESET_TIMEOUT = 4 * 60 * 60
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "apps.accounts.adapter.ClinicAdapter"
ACCOUNT_FORMS = {
    "login": "apps.accounts.sign_in_forms.SignInForm",
    "reset_password": "apps.accounts.sign_in_forms.ForgottenForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation has proved the address
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "apps.accounts.passwords.ResetLinks"  # noqa: S105 - a name
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "change_password": "5/m/user",
    "reset_password": "10/m/ip,3/15m/key",
    "reset_password_from_key": "10/m/ip",
    "signup": "1/m/ip",
    "shared_document": "20/m/ip,100/h/ip",
    "gateway_event": "600/m/ip",
}
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("full_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "apps.accounts.sessions"
SESSION_COOKIE_AGE = env_int("HPMS_SESSION_MINUTES") * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

# Bound to this very host: a neighbour's subdomain can neither read nor plant them.
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "hpms_session"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "hpms_csrf"

# --- pages -----------------------------------------------------------------------------------------------------------
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.core.context.house",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
            ],
        },
    },
    {
        "NAME": "quick",  # what a page repeats by the dozen: apps/core/quick.py
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "quick", Path(django.__file__).parent / "forms" / "jinja2"],
        "OPTIONS": {"environment": "apps.core.quick.environment"},
    },
]
COTTON_DIR = "components"
DJANGO_TABLES2_TEMPLATE = "tables/table.html"
FORM_RENDERER = "apps.core.forms.HouseRenderer"
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "apps.core.staticfiles.NodeModulesFinder",
]
STATIC_ROOT = BASE_DIR / ".local" / "static"
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # half the work of compressing
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- documents: sealed before they are kept (apps/patients/documents/vault.py) ----------------------------------------
HPMS_DOCUMENTS = env("HPMS_DOCUMENTS") or str(BASE_DIR / ".local" / "documents")
HPMS_LARGEST_DOCUMENT = env_int("HPMS_DOCUMENT_MB") * 1024 * 1024
HPMS_LARGEST_REQUEST = 4 * HPMS_LARGEST_DOCUMENT + 1024 * 1024  # several at once
HPMS_VIRUS_SCANNER = env("HPMS_VIRUS_SCANNER")
HPMS_PAYMENT_GATEWAY = env("HPMS_PAYMENT_GATEWAY")
HPMS_OPEN_UNSCANNED = env("HPMS_OPEN_UNSCANNED") == "1"
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "apps.core.uploads.SealedUploadHandler",  # in place of Django's, which writes to the disk as it is
]


def _documents_storage(place: str) -> dict[str, Any]:
    if not place.startswith("s3://"):
        return {"BACKEND": "apps.core.storage.DurableFolder", "OPTIONS": {"location": place}}
    bucket, _, folder = place.removeprefix("s3://").partition("/")
    login = {
        "endpoint_url": env("HPMS_S3_ENDPOINT"),
        "region_name": env("HPMS_S3_REGION"),
        "access_key": env("HPMS_S3_ACCESS_KEY"),
        "secret_key": env("HPMS_S3_SECRET_KEY"),
    }
    options = {"bucket_name": bucket, "location": folder, "file_overwrite": False, "default_acl": None}
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": options | {name: value for name, value in login.items() if value},
    }


STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "apps.core.staticfiles.HouseStorage"},
    "documents": _documents_storage(HPMS_DOCUMENTS),
}

# --- transport -------------------------------------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HPMS_TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION

# --- keys of the health information (ARCHITECTURE §5) ----------------------------------------------------------------
HPMS_ROOT_KEY = env("HPMS_ROOT_KEY")
HPMS_ROOT_KEY_FILE = env("HPMS_ROOT_KEY_FILE")
HPMS_KEY_WRAPPER = env("HPMS_KEY_WRAPPER")

# --- work outside the request ----------------------------------------------------------------------------------------
HPMS_REDIS_URL = env("HPMS_REDIS_URL")
CELERY_BROKER_URL = HPMS_REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_ROUTES = {"tenants.open_waiting_clinics": {"queue": "provisioning"}}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Whoever sends asks once: a broker that is away must not hold up a request (the sweep finds what was not sent).
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.05,
    "interval_max": 0.05,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
}
CELERY_BEAT_SCHEDULE = {
    "take pulses": {"task": "console.take_pulses", "schedule": 300},
    "open waiting clinics": {"task": "tenants.open_waiting_clinics", "schedule": 60},
    "compare patients": {"task": "patients.compare_recent_in_every_clinic", "schedule": 300},
    "delete old files of patients": {"task": "patients.empty_old_imports_in_every_clinic", "schedule": 60 * 60},
    "go on with imports": {"task": "patients.go_on_with_imports_in_every_clinic", "schedule": 60 * 60},
    "check books": {"task": "ledger.check_books_in_every_clinic", "schedule": 60 * 60},
    # Links end an hour after their time: what is paid at the last minute is still told in time.
    "end payment links": {"task": "billing.end_links_in_every_clinic", "schedule": 15 * 60},
    "deliver what waits": {"task": "outbox.sweep_every_clinic", "schedule": 30},
    "tidy the outbox": {"task": "outbox.tidy_every_clinic", "schedule": 6 * 60 * 60},
    "tidy documents": {"task": "patients.tidy_documents_of_every_clinic", "schedule": 24 * 60 * 60},
    "scan documents again": {"task": "patients.scan_again_in_every_clinic", "schedule": 24 * 60 * 60},
    "remind patients": {"task": "scheduling.remind_every_clinic", "schedule": 60},
    "pass offers on": {"task": "scheduling.move_on_in_every_clinic", "schedule": 60},
    "tidy holds": {"task": "scheduling.tidy_holds_in_every_clinic", "schedule": 60 * 60},
    "tidy up": {"task": "accounts.tidy_every_clinic", "schedule": 6 * 60 * 60},
}
CACHES = {
    "default": {
        "BACKEND": "apps.tenants.cache.PatientCache",
        "LOCATION": HPMS_REDIS_URL.replace("redis+socket://", "unix://"),  # as redis-py writes what Celery calls so
        "KEY_PREFIX": "hpms",
        "VERSION": 2,  # another one whenever what is kept is written otherwise
        "KEY_FUNCTION": "apps.tenants.cache.key_of_clinic",
    }
}
if HPMS_MODE == "test":
    CACHES["default"] |= {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "tests"}

# --- e-mail ----------------------------------------------------------------------------------------------------------
_email = urlsplit(env("HPMS_EMAIL_URL"))
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if _email.scheme in {"smtp", "smtps"}
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_HOST, EMAIL_PORT = _email.hostname or "", _email.port or (465 if _email.scheme == "smtps" else 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_email.username or ""), unquote(_email.password or "")
EMAIL_USE_SSL = _email.scheme == "smtps"
EMAIL_USE_TLS = dict(parse_qsl(_email.query)).get("tls") == "1"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("HPMS_FROM_EMAIL") or f"HPMS <no-reply@{HPMS_DOMAIN}>"

# --- API -------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.accounts.api_access.BearerToken"],
    "DEFAULT_PERMISSION_CLASSES": ["apps.accounts.api_access.Needs"],  # bare, it refuses
    "DEFAULT_PARSER_CLASSES": ["apps.core.problems.StrictJson"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "apps.core.api_pages.Pages",
    "DEFAULT_FILTER_BACKENDS": ["apps.core.api_filters.Filters"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.core.problems.handle",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "HPMS",
    "DESCRIPTION": "The API of one clinic. Obtain a token at /api/v1/token/ and send it as a bearer token.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_URLCONF": "hpms.urls",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # 220 operations drawn at once take seconds: departments open one by one, or by the address of an operation.
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "docExpansion": "none",
        "defaultModelsExpandDepth": -1,
        "filter": True,
    },
    "ENUM_NAME_OVERRIDES": {
        "AppointmentStatus": "apps.scheduling.models.appointment.Status.choices",
        "InvoiceStatus": "apps.billing.models.invoice.InvoiceStatus.choices",
        "PaymentStatus": "apps.billing.models.payment.PaymentStatus.choices",
        "PaymentMethod": "apps.billing.models.payment.PaymentMethod.choices",
        "DeskMethod": "apps.billing.models.payment.AT_THE_DESK",
        "AllergyCategory": "apps.patients.models.allergies.Category.choices",
        "AllergyStatus": "apps.patients.models.allergies.AllergyStatus.choices",
        "ConditionStatus": "apps.patients.models.conditions.ConditionStatus.choices",
        "MedicationStatus": "apps.patients.models.conditions.MedicationStatus.choices",
        "CoverageStatus": "apps.patients.models.coverage.CoverageStatus.choices",
        "DocumentCategory": "apps.patients.models.document.Category.choices",
        "DocumentStatus": "apps.patients.models.document.DocumentStatus.choices",
        "FlagTone": "apps.patients.models.flags.FlagTone.choices",
        "FlagStatus": "apps.patients.models.flags.FlagStatus.choices",
        "WriteOffCategory": "apps.billing.models.write_off.WriteOff.Category",
        "PaidDisposition": ["credit", "refund"],
        "CreditNoteDisposition": "apps.billing.models.credit_note.CreditNote.Disposition",
        "ServiceCategory": "apps.billing.models.service.Service.Category",
        "BookingChannel": "apps.scheduling.models.appointment.Channel.choices",
        "AllocationKind": "apps.billing.models.payment.PaymentAllocation.Kind",
        "BookClosingKind": "apps.ledger.models.closings.BookClosing.Kind",
        "DrawerMovementKind": "apps.billing.models.drawer.DrawerMovement.Kind",
        "FeeKind": "apps.scheduling.models.appointment_type.FeeKind.choices",
        "LeaveStatus": "apps.scheduling.models.leave.LeaveStatus.choices",
        "TicketPriority": ["emergency", "urgent", "frail", "normal", "can_wait"],
        "TicketStatus": "apps.scheduling.models.queue.TicketStatus.choices",
        "ReminderChannel": "apps.scheduling.models.reminder.ReminderChannel.choices",
        "ReminderStatus": "apps.scheduling.models.reminder.ReminderStatus.choices",
        "WaitlistStatus": "apps.scheduling.models.waitlist.Waiting.choices",
        "WaitlistPriority": "apps.scheduling.models.waitlist.Priority.choices",
        "OfferStatus": "apps.scheduling.models.waitlist.OfferStatus.choices",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "hpms.api.describe_problems",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"secrets": {"()": "apps.core.logs.WithoutSecrets"}},
    # The level stands at the handler too: Django's own loggers have one of theirs, and pass the root's by.
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["secrets"],
            "level": env("HPMS_LOG_LEVEL"),
        }
    },
    "root": {"handlers": ["stderr"], "level": env("HPMS_LOG_LEVEL")},
}
