"""All settings, read once from the environment. Every reader names its variable, so a wrong value fails at start
with the variable's name. `docs/running.md` lists them; a test compares.
"""

from __future__ import annotations

import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def text(name: str, default: str = "") -> str:
    """Read a text. `NAME_FILE` may name a file that holds it (for container secrets)."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE names a file that can't be read: {error.strerror}.") from error
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    """Read on or off."""
    value = text(name).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if value:
        raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")
    return default


def number(name: str, default: float, *, least: float = 0) -> float:
    """Read a number of at least `least`."""
    value = text(name)
    if not value:
        return default
    try:
        result = float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number, not {value!r}.") from error
    if result < least:
        raise ImproperlyConfigured(f"{name} must be at least {least:g}, not {value}.")
    return result


def words(name: str, default: str = "") -> list[str]:
    """Read a list separated by commas."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def limits(name: str) -> dict[str, tuple[int, float]]:
    """Read `publish=300/day,calls=100/min` as count and seconds by category."""
    windows = {"min": 60.0, "hour": 3600.0, "day": 86_400.0}
    found = {}
    for part in words(name):
        match = re.fullmatch(r"(calls|publish|boards|refresh)=([1-9][0-9]{0,8})/(min|hour|day)", part)
        if match is None:
            raise ImproperlyConfigured(f"{name} must read like publish=300/day,calls=100/min, not {part!r}.")
        found[match[1]] = (int(match[2]), windows[match[3]])
    return found


DATABASE_PREPARES = flag("DATABASE_PREPARES", default=True)  # off for poolers that can't keep prepared statements


def database(url: str, *, pool_size: int) -> dict[str, Any]:
    """Turn `postgresql://user:password@host:port/name?host=/socket/folder` into Django's form."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://. Petra runs on PostgreSQL only.")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or parts.hostname or ""
    # Django switches preparing off altogether; lib.prepared asks for it where it pays.
    # A server that is cut off without a word is noticed within half a minute; the URL may say otherwise.
    for name, value in {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}.items():
        options.setdefault(name, value)
    options.setdefault("tcp_user_timeout", 30_000)
    options["prepare_threshold"] = 5 if DATABASE_PREPARES else None
    if pool_size:
        options["pool"] = {"min_size": 0, "max_size": pool_size, "timeout": 20}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,  # after a restart of the database the pool's connections are dead
        "DISABLE_SERVER_SIDE_CURSORS": True,  # PgBouncer in transaction mode can't keep them
        "TEST": {"NAME": unquote(parts.path.lstrip("/"))},
    }


# Where Petra keeps what is not in the database: keys, files, the embedded server.
PETRA_HOME = Path(text("PETRA_HOME") or "~/.petra").expanduser()


def kept_secret(variable: str, file_name: str) -> str:
    """Read a secret from the environment or from the file `petra serve` and `petra keys` keep in PETRA_HOME."""
    value = text(variable)
    path = PETRA_HOME / file_name
    if not value and path.is_file():
        value = path.read_text(encoding="utf-8").strip()
    return value


PETRA_KEYS = kept_secret("PETRA_KEYS", "keys")
SECRET_KEY = kept_secret("SECRET_KEY", "secret-key") or "only-for-commands-that-need-no-secret"

DEBUG = False
PUBLIC_URL = text("PUBLIC_URL").rstrip("/")  # how people and networks reach Petra; empty: only this machine does
LOCAL_URL = f"http://127.0.0.1:{int(number('PORT', 8000, least=1))}"  # how this machine does
ALLOWED_HOSTS = words("ALLOWED_HOSTS") or [urlsplit(PUBLIC_URL).hostname or "", "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
IS_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_SECURE
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "petra.web.errors.csrf_failure"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Two roles: the owner migrates, the application reads and writes under row-level security.
DATABASE_URL = text("DATABASE_URL", "postgresql://petra_app@/petra")
DATABASE_OWNER_URL = text("DATABASE_OWNER_URL", DATABASE_URL)
DATABASE_DIRECT_URL = text("DATABASE_DIRECT_URL")  # for listening, where DATABASE_URL leads to a pooler
WORKER_CONCURRENCY = int(number("PETRA_WORKER_CONCURRENCY", 16, least=1))
# What a worker of this concurrency needs at most: its threads, half as many jobs, and what runs beside them.
LEAST_WORKER_POOL = WORKER_CONCURRENCY + max(WORKER_CONCURRENCY // 2, 2) + 3
DATABASE_POOL = int(number("DATABASE_POOL", LEAST_WORKER_POOL + 1))
DATABASES = {
    "default": database(DATABASE_URL, pool_size=DATABASE_POOL),
    "owner": database(DATABASE_OWNER_URL, pool_size=0),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The developer apps and addresses of the networks, read by prefix (`networks.contract.SignIn.setting_prefix`).
SIMULATOR_URL = text("SIMULATOR_URL").rstrip("/")  # set: all networks are simulated there


def network_setting(prefix: str, name: str) -> str:
    """Read `<PREFIX>_<NAME>`, such as the client id of a network's developer app."""
    return text(f"{prefix}_{name}")


# Publishing. Seconds and counts; what they mean stands in docs/running.md.
GRACE_S = number("PETRA_GRACE_MIN", 60) * 60
MAX_TRIES = int(number("PETRA_MAX_TRIES", 3, least=1))
WRITE_GAP_S = text("PETRA_WRITE_GAP_S")  # empty: what the network's limits say
LOOKS_S = tuple(float(part) for part in words("PETRA_LOOKS_S"))  # empty: what the network's limits say
CALLS_PER_HOUR = text("PETRA_CALLS_PER_HOUR")  # empty: what the network's limits say
ACCOUNT_LIMITS = limits("PETRA_ACCOUNT_LIMITS")  # by category, beside the calls of an hour
APP_LIMITS = limits("PETRA_APP_LIMITS")  # what the accounts of one developer app share
WORKER_GONE_S = number("PETRA_WORKER_GONE_S", 15, least=1)  # a worker silent for so long is taken for dead

MAX_CRASHES = int(number("PETRA_MAX_CRASHES", 3, least=1))  # workers that die with one job before it is set aside
KEEP_JOBS_DAYS = number("PETRA_KEEP_JOBS_DAYS", 7)
KEEP_EVENTS_DAYS = number("PETRA_KEEP_EVENTS_DAYS", 400)
KEEP_ATTEMPTS_DAYS = number("PETRA_KEEP_ATTEMPTS_DAYS", 400)
CRON_SECRET = text("CRON_SECRET")  # opens /api/cron/publish; empty: there is no such address

# Importing.
ALLOW_PRIVATE = words("PETRA_ALLOW_PRIVATE")  # host:port of private blogs the operator trusts, exact
IMPORT_GAP_S = number("PETRA_IMPORT_GAP_S", 1)  # between two requests to one site; its Crawl-delay counts when longer
IMPORT_MAX_PAGES = int(number("PETRA_IMPORT_MAX_PAGES", 20_000, least=1))  # of one blog in one go
IMPORT_MAX_MB = int(number("PETRA_IMPORT_MAX_MB", 4_000, least=1))
IMPORT_MAX_HOURS = number("PETRA_IMPORT_MAX_HOURS", 12)
# Writing. For installations of one tenant: every workspace without a key of its own writes with this one.
AI_PROVIDER = text("PETRA_AI_PROVIDER").lower()
if AI_PROVIDER:
    from petra.ai.access import Provider  # only then: it brings the whole HTTP client

    if AI_PROVIDER not in set(Provider):
        raise ImproperlyConfigured(f"PETRA_AI_PROVIDER must be one of {', '.join(Provider)}, not {AI_PROVIDER!r}.")
AI_KEY = text("PETRA_AI_KEY")
AI_MODEL = text("PETRA_AI_MODEL")  # empty: the provider's usual one
AI_URL = text("PETRA_AI_URL").rstrip("/")  # may be private: the operator named it
AI_MONTHLY_USD = Decimal(str(number("PETRA_AI_MONTHLY_USD", 0))) if text("PETRA_AI_MONTHLY_USD") else None
AI_MONTHLY_TOKENS = int(number("PETRA_AI_MONTHLY_TOKENS", 0)) if text("PETRA_AI_MONTHLY_TOKENS") else None
AI_PER_MINUTE = int(number("PETRA_AI_PER_MINUTE", 60, least=1))
AI_AT_ONCE = int(number("PETRA_AI_AT_ONCE", 5, least=1))

CONTACT = text("PETRA_CONTACT", "https://petra.example/bot")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "template_partials",
    "procrastinate.contrib.django",
    "petra.tenancy",
    "petra.webhooks",
    "petra.media",
    "petra.articles",
    "petra.accounts",
    "petra.posts",
    "petra.publishing",
    "petra.notifications",
    "petra.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "petra.web.errors.ProductErrors",
]
ROOT_URLCONF = "petra.urls"
ASGI_APPLICATION = "petra.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "petra" / "web" / "templates"],  # before allauth's own
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "petra.web.templatetags.ui",
            ],
        },
    }
]

AUTH_USER_MODEL = "tenancy.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "petra.tenancy.signing_up.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = text("PETRA_EMAIL_VERIFICATION", "none")
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if text("EMAIL_HOST")
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_HOST = text("EMAIL_HOST", "localhost")
EMAIL_PORT = int(number("EMAIL_PORT", 587))
EMAIL_HOST_USER = text("EMAIL_USER")
EMAIL_HOST_PASSWORD = text("EMAIL_PASSWORD")
EMAIL_USE_TLS = flag("EMAIL_TLS", default=True)
DEFAULT_FROM_EMAIL = text("EMAIL_FROM", "Petra <petra@localhost>")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "petra" / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = PETRA_HOME / "static"
MEDIA_ROOT = PETRA_HOME / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
MAX_UPLOAD_BYTES = 20 * 1024 * 1024
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# No inline script, no inline style, no other host (ui: security headers).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": text("PETRA_LOG_LEVEL", "INFO")},
    "loggers": {"httpx2": {"level": "WARNING"}, "procrastinate": {"level": "WARNING"}},
}
