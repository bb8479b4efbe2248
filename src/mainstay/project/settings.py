"""Django's settings. What an administrator may set is declared in `options.py`; nothing here reads the environment."""

from __future__ import annotations

from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from mainstay.project.addresses import database_settings, mail_settings
from mainstay.project.options import CHECKOUT, options

_options = options()

SECRET_KEY = _options.secret_key
MAINSTAY_OLD_SECRET_KEYS = _options.old_secret_keys
DEBUG = _options.debug
ALLOWED_HOSTS = ["*"] if DEBUG else [urlsplit(_options.url).hostname or "localhost", "127.0.0.1", "localhost"]
MAINSTAY_URL = _options.url
MAINSTAY_LIVE_URL = _options.live_url
MAINSTAY_TRUSTED_PROXIES = _options.trusted_proxies
CSRF_TRUSTED_ORIGINS = [_options.url]
DATA_DIR = _options.data_dir

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "django_htmx",
    "allauth.account",
    "allauth.mfa",
    "procrastinate.contrib.django",
    "mainstay.core.wall",
    "mainstay.core.events",
    "mainstay.core.house",
    "mainstay.core.limits",
    "mainstay.core.loops",
    "mainstay.core.schedules",
    "mainstay.shell",
    "mainstay.people.tenants",
    "mainstay.people.staff",
    "mainstay.people.access",
    "mainstay.people.messages",
    "mainstay.people.privacy",
    "mainstay.support.tickets",
    "mainstay.support.sla",
    "mainstay.support.channels",
    "mainstay.integrations.imports",
    "mainstay.integrations.webhooks",
    "mainstay.operations.upkeep",
    "mainstay.demo",
    "mainstay.surfaces.public",
    "mainstay.surfaces.portal",
    "mainstay.surfaces.desk",
    "mainstay.surfaces.account",
    "mainstay.surfaces.webhooks",
    "mainstay.project",
    "allauth",  # last, so that our words and templates count before its own
]

MIDDLEWARE = [
    "mainstay.project.middleware.Frame",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "mainstay.project.middleware.OfferedLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "mainstay.project.urls"
WSGI_APPLICATION = "mainstay.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "mainstay.shell.context.chrome",
            ],
        },
    }
]

# ATOMIC_REQUESTS stays off: doors open the transaction, see core/wall/scope.py.
DATABASES = {
    "default": {
        **database_settings(_options.database_url),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
}
MAINSTAY_OWNER_DATABASE = database_settings(_options.database_owner_url)
MAINSTAY_ROLE_PREFIX = _options.role_prefix
MAINSTAY_TENANT_MODEL = "tenants.Tenant"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
# Django's own: one look-up by an indexed address, one run of the hasher whether or not it is known.
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "mainstay.people.access.passwords.VariedPassword"},
]
ACCOUNT_ADAPTER = "mainstay.people.access.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an accepted invitation has proven the mailbox
ACCOUNT_RATE_LIMITS = False  # ours: people/access/attempts.py
ACCOUNT_LOGIN_TIMEOUT = 900  # seconds between the password and the second factor
MFA_ADAPTER = "mainstay.people.access.factors.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # half a minute early or late; a code still counts once, see factors/totp.py
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"

# What is shipped; which of them is offered, and first, says `house().languages`.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
FORM_RENDERER = "mainstay.shell.forms.Renderer"
CSRF_FAILURE_VIEW = "mainstay.shell.pages.csrf_failure"
MAINSTAY_CHROME = "mainstay.project.chrome.chrome_of"
MAINSTAY_GALLERY = DEBUG  # the page that shows every component
FORMAT_MODULE_PATH = "mainstay.shell.formats"
USE_TZ = True
TIME_ZONE = "UTC"  # the operator's is `house().zone`

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

_secure = _options.url.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if _options.trusted_proxies:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF, _options.live_url],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

for _name, _value in mail_settings(_options.mail_url).items():
    globals()[_name] = _value
MAINSTAY_MAIL_VERDICTS_FROM = _options.mail_verdicts_from
MAINSTAY_HOUSE_FIXED = _options.house_fixed
MAINSTAY_HOUSE_DEFAULTS = _options.house_defaults
MAINSTAY_HOUSE_FRESH_S = 3.0

MAINSTAY_OUTGOING_PRIVATE = _options.outgoing_private
MAINSTAY_OUTGOING_PORTS = _options.outgoing_ports
MAINSTAY_SSO_PRIVATE = _options.sso_private
MAINSTAY_DNS_SERVERS = _options.dns_servers
MAINSTAY_SMTP_LISTEN = "{}:{}".format(*_options.smtp_listen)
MAINSTAY_MAX_MAIL_BYTES = _options.max_mail_mb * 1024 * 1024
MAINSTAY_MAILBOX_PLAIN_HOSTS = _options.mailbox_plain_hosts
MAINSTAY_MAILBOX_IDLE_S = _options.mailbox_idle_minutes * 60
MAINSTAY_MAILBOX_POLL_S = _options.mailbox_poll_seconds
MAINSTAY_MAILBOX_ALERT_MINUTES = _options.mailbox_alert_minutes

MAINSTAY_STORAGE_URL = _options.storage_url
MAINSTAY_STORAGE_KEY = _options.storage_key
MAINSTAY_STORAGE_SECRET = _options.storage_secret
MAINSTAY_MAX_UPLOAD_BYTES = _options.max_upload_mb * 1024 * 1024
MAINSTAY_MAX_IMPORT_BYTES = _options.max_import_mb * 1024 * 1024
# Four of the largest files, or many small ones, in one form; or one file to import.
MAINSTAY_MAX_REQUEST_BYTES = max(4 * MAINSTAY_MAX_UPLOAD_BYTES, MAINSTAY_MAX_IMPORT_BYTES) + 5 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
LOCALE_PATHS = [CHECKOUT / "src/mainstay/core/locale"]  # core is no app; each room has its own
MAINSTAY_CHECKOUT = CHECKOUT

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
        "mail.log": {"level": "WARNING"},
    },
}
