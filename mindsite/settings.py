"""Settings, read from the environment (and from a file `.env` beside manage.py). docs/operators.md lists the names."""

from datetime import timedelta
from pathlib import Path

from mindsite import embedded
from mindsite.environment import (
    broker_options,
    database,
    env,
    keys,
    networks,
    one_of,
    origin,
    pictures_store,
    role_named,
    roles_of_claims,
    secret_key,
    single_sign_on_check,
)
from mindsite.logs import logging_settings
from mindsite.openapi import SPECTACULAR_SETTINGS  # noqa: F401 - a setting

BASE_DIR = Path(__file__).resolve().parent.parent
env.read_env(BASE_DIR / ".env")

SECRET_KEY = env.str("SECRET_KEY", "") or secret_key(embedded.VAR / "secret_key")
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Django's own administration at /admin/, whose writes go past the rules of our pages.
STOCK_ADMIN = env.bool("STOCK_ADMIN", False)
INSTALLED_APPS = [
    "mindsite",
    "accounts",
    "distillation",
    "annotation",
    "knowledge",
    "research",
    "api",
    "webhooks",
    "django.contrib.admin" if STOCK_ADMIN else "django.contrib.admin.apps.SimpleAdminConfig",  # loads no pages
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "axes",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "mindsite.metrics.requests.measured",
    "mindsite.guards.RefuseNul",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mindsite.guards.ContentPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "mindsite.language.AnnotatorLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.Person",
    "accounts.two_factor.middleware.second_factor",
    "accounts.middleware.last_seen",
    "accounts.middleware.not_kept",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "mindsite.urls"
WSGI_APPLICATION = "mindsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["common.templatetags.words"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # templates/django: fields for texts in any direction

DATABASES = {"default": database(env.str("DATABASE_URL", ""))}
# `transaction`: PgBouncer in transaction mode stands before it, where nothing outlives a transaction.
DATABASE_POOLER = one_of("DATABASE_POOLER", ("", "transaction"))
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = bool(DATABASE_POOLER)
DATABASES["default"]["OPTIONS"] = {
    "keepalives_idle": 10,  # a machine that is gone says nothing
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    **DATABASES["default"].get("OPTIONS", {}),  # of the URL: sslmode=…, host=/a/socket's/directory
    # Prepared statements halve the database's work for the few queries that every judgment makes.
    "pool": {
        "min_size": 1,
        "max_size": env.int("DATABASE_POOL", 8),
        "timeout": env.float("DATABASE_WAIT", 10),
        "reconnect_timeout": 5,  # its waits between tries grow: given up soon, the next request has it try at once
    },
    "server_side_binding": True,
    "prepare_threshold": None if DATABASE_POOLER else 2,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTHENTICATION_BACKENDS = [
    "accounts.backends.PasswordsOff",
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
SESSION_ENGINE = "accounts.sessions"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# Single sign-on by OpenID Connect: the provider and Mindsite's account there; which claim has roles and what its values
# mean here, and the role of who has none of them (empty: nobody); which claim has groups of Mindsite's. Whether unknown
# people get an account, and whether an address that the provider has verified finds one that is here already.
OIDC_ISSUER = env.str("OIDC_ISSUER", "")
OIDC_NAME = env.str("OIDC_NAME", "Single Sign-On")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", "")
OIDC_SCOPES = env.str("OIDC_SCOPES", "openid email profile")
OIDC_ROLE_CLAIM = env.str("OIDC_ROLE_CLAIM", "")
OIDC_ROLES = roles_of_claims("OIDC_ROLES")
OIDC_ROLE_OTHERWISE = role_named("OIDC_ROLE_OTHERWISE", env.str("OIDC_ROLE_OTHERWISE", "annotator"))
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", "")
OIDC_CREATE = env.bool("OIDC_CREATE", True)
OIDC_MATCH_EMAIL = env.bool("OIDC_MATCH_EMAIL", False)
PASSWORDS = env.bool("PASSWORDS", True)
single_sign_on_check(OIDC_ISSUER, OIDC_CLIENT_ID, passwords=PASSWORDS)

# Who must give a code of an app beside the password: researchers (administrators too), administrators, or nobody. Who
# comes by single sign-on gives what the provider asks.
TWO_FACTOR = one_of("TWO_FACTOR", ("", "researchers", "administrators"))

# Which keys sign the addresses of workers whom Prolific sends: where it publishes them, or a file of them.
PROLIFIC_KEYS = env.str("PROLIFIC_KEYS", "https://api.prolific.com/.well-known/study/jwks.json")

# People who come for the first time in a minute: by one crowd link, and from one address.
CROWD_JOINS = env.int("CROWD_JOINS", 1_200)
CROWD_JOINS_ADDRESS = env.int("CROWD_JOINS_ADDRESS", 120)

# Failed sign-ins: after five for a name from one address, that pair waits; after fifty, the address does; after a
# hundred for a name from all addresses within two minutes, the name, until they are fewer.
PROXIES = env.int("PROXIES", 0)
LOCKOUT_ADDRESS_FAILURES = 50
LOCKOUT_NAME_FAILURES, LOCKOUT_NAME_TIME = 100, timedelta(minutes=2)
AXES_HANDLER = "accounts.lockout.LockoutHandler"
AXES_CLIENT_IP_CALLABLE = "accounts.lockout.client_address"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked_out"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code"]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español")]
CSRF_FAILURE_VIEW = "mindsite.language.from_old_page"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = embedded.VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(embedded.VAR / "media")))
# Backups by the workers, one a day: where (none: only by command), how many stay, the file with what seals them.
BACKUP_PATH = Path(folder) if (folder := env.str("BACKUP_PATH", "")) else None
BACKUP_KEEP = env.int("BACKUP_KEEP", 14)
BACKUP_KEY_FILE = Path(file) if (file := env.str("BACKUP_KEY_FILE", "")) else None
ERASURES_FILE = Path(env.str("ERASURES_FILE", str(embedded.VAR / "erasures.jsonl")))
STORAGES = {
    "default": pictures_store(
        env.str("MEDIA_S3_BUCKET", ""), env.str("MEDIA_S3_ENDPOINT", ""), env.str("MEDIA_S3_REGION", "")
    ),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Behind a proxy that ends TLS, HTTPS=1 makes cookies secure and trusts its X-Forwarded-Proto.
HTTPS = env.bool("HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^readyz$", r"^metrics$"]  # asked by machines of one's own, past the proxy
# Whether other names of the domain speak TLS, its owner knows: HSTS speaks of this one.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "style-src-attr": ["'unsafe-inline'"],  # bar widths and plot positions
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'", *origin(OIDC_ISSUER)],  # signing out goes on to the provider
        "frame-ancestors": ["'none'"],
    }
}

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "") or embedded.broker_url()
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for as long as it takes
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_start": 0, "interval_step": 0.2}
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "distillation.tasks.sweep", "schedule": 10.0},
    "webhooks": {"task": "webhooks.tasks.webhooks_sweep", "schedule": 10.0},
    "notices": {"task": "webhooks.tasks.notices_sweep", "schedule": 30.0},
    "research": {"task": "research.tasks.research_sweep", "schedule": 10.0},
    "backup": {"task": "mindsite.backup.tasks.backup_if_due", "schedule": 900.0},
    "clear": {"task": "mindsite.retention.tasks.clear", "schedule": 6 * 3600.0},
    "erasures": {"task": "annotation.desk.tasks.erasures_sweep", "schedule": 60.0},
}
# What Sentinels call the Redis that is the broker: sentinel://a:26379/0;sentinel://b:26379/0
CELERY_BROKER_TRANSPORT_OPTIONS = broker_options(CELERY_BROKER_URL, env.str("CELERY_BROKER_MASTER", ""))
if CELERY_BROKER_URL.startswith("amqp"):
    # Quorum queues keep a message on disk and through the loss of a node; a publisher is told that they have it.
    CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum"
    CELERY_WORKER_DETECT_QUORUM_QUEUES = True

# The audit trail as lines of JSON besides (none: only in the database).
AUDIT_LOG = Path(file) if (file := env.str("AUDIT_LOG", str(embedded.VAR / "log" / "audit.jsonl"))) else None
LOGGING = logging_settings(level=env.str("LOG_LEVEL", "INFO"), form=one_of("LOG_FORMAT", ("plain", "json")))

# Where all web processes count what is limited: a Redis, by default that of the broker; without one, each by itself.
LIMITS_URL = env.str("LIMITS_URL", CELERY_BROKER_URL if CELERY_BROKER_URL.startswith("redis") else "")

# The API.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],  # routes say more: ApiView
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "api.schema.ApiSchema",
    "DEFAULT_THROTTLE_RATES": {
        "caller": env.str("API_RATE", "1200/min"),
        "anonymous": env.str("API_RATE_ANONYMOUS", "60/min"),
    },
    "EXCEPTION_HANDLER": "api.base.problems.problem_handler",
    "URL_FORMAT_OVERRIDE": None,
}

# Distillation: calls in flight for one worker process against one model server, and the seconds that a call may take.
LVLM_IN_FLIGHT = env.int("LVLM_IN_FLIGHT", 64)
LVLM_TIMEOUT = env.float("LVLM_TIMEOUT", 120)
LVLM_API_KEY = env.str("LVLM_API_KEY", "")
# Which model servers pages and the API may name (names or *.suffix, with :port or for all; commands may give any) and
# which of these have keys of their own (host=key); by which proxy (or "environment") they are reached, and whose
# certificates are trusted besides the system's. Another salt asks for all features anew.
LVLM_HOSTS = env.list("LVLM_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
LVLM_API_KEYS = keys("LVLM_API_KEYS")
LVLM_PROXY = env.str("LVLM_PROXY", "")
LVLM_CA_FILE = env.str("LVLM_CA_FILE", "")
LVLM_FEATURE_SALT = env.str("LVLM_FEATURE_SALT", "")
# Batches: where their files lie (one folder for all workers), how large a file may be, the address before a stored
# picture's name (none: pictures go inline), what answers files of runs without a server ({input} {output} {model}), and
# whether a server's copies of questions and answers are deleted there once the answers are stored here.
LVLM_BATCH_FOLDER = Path(env.str("LVLM_BATCH_FOLDER", str(embedded.VAR / "batches")))
LVLM_BATCH_LINES = env.int("LVLM_BATCH_LINES", 50_000)
LVLM_BATCH_BYTES = env.int("LVLM_BATCH_BYTES", 200_000_000)
LVLM_BATCH_PICTURES = env.str("LVLM_BATCH_PICTURES", "")
LVLM_BATCH_COMMAND = env.str("LVLM_BATCH_COMMAND", "")
LVLM_BATCH_DELETE = env.bool("LVLM_BATCH_DELETE", False)

# Trainings: the Python that has TRL (make setup-train), and where checkpoints and adapters lie.
TRAIN_PYTHON = Path(env.str("TRAIN_PYTHON", str(BASE_DIR / ".venv-train" / "bin" / "python")))
# VLLM_COMMAND and _ARGUMENTS: what evaluate_gain serves base and adapters with, where it is given no server.
VLLM_COMMAND = env.str("VLLM_COMMAND", "vllm")
VLLM_ARGUMENTS = env.str("VLLM_ARGUMENTS", "")
TRAIN_FOLDER = Path(env.str("TRAIN_FOLDER", str(embedded.VAR / "trainings")))

# Pictures from the web: which hosts (names or *.suffix; none: every public one) and which networks that are not public
# may be reached; bytes and seconds for a picture; how many at once for one worker process, of one host and in all.
FETCH_HOSTS = env.list("FETCH_HOSTS", default=[])
FETCH_PRIVATE_NETWORKS = networks("FETCH_PRIVATE_NETWORKS")
FETCH_MAX_BYTES = env.int("FETCH_MAX_BYTES", 30_000_000)
FETCH_TIMEOUT = env.float("FETCH_TIMEOUT", 30)
FETCH_PER_HOST = env.int("FETCH_PER_HOST", 8)
FETCH_IN_FLIGHT = env.int("FETCH_IN_FLIGHT", 32)

# Uploads: where they lie until they are imported (one folder for web processes and workers), bytes of one, of all that
# one person has there, of the plain form that browsers without JavaScript send, and of what a ZIP unpacks to.
UPLOADS_ROOT = Path(env.str("UPLOADS_ROOT", str(embedded.VAR / "uploads")))
UPLOAD_KINDS = [  # what a file may hold besides a catalog, in the order in which they are tried
    "annotation.exchange.uploaded.JUDGMENTS",
    "distillation.intentions.uploaded.INTENTIONS",
    "distillation.purchases.uploaded.PURCHASES",
    "distillation.purchases.uploaded.REVIEW_FILES",
]
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", 20_000_000_000)
UPLOADS_PER_PERSON_BYTES = env.int("UPLOADS_PER_PERSON_BYTES", 50_000_000_000)
UPLOAD_FORM_BYTES = env.int("UPLOAD_FORM_BYTES", 100_000_000)
UPLOAD_UNPACKED_BYTES = env.int("UPLOAD_UNPACKED_BYTES", 20_000_000_000)

# Where webhooks may go: the same two choices, for them.
WEBHOOK_HOSTS = env.list("WEBHOOK_HOSTS", default=[])
WEBHOOK_PRIVATE_NETWORKS = networks("WEBHOOK_PRIVATE_NETWORKS")

# Notices by email: the mail server (none: nobody is mailed), and the address of this site that stands in them.
EMAIL_HOST, EMAIL_PORT = env.str("EMAIL_HOST", ""), env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_USER", ""), env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = env.bool("EMAIL_USE_TLS", False), env.bool("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", 10)
DEFAULT_FROM_EMAIL, PUBLIC_URL = env.str("DEFAULT_FROM_EMAIL", "mindsite@localhost"), env.str("PUBLIC_URL", "")

# What a Prometheus sends as its bearer token to read /metrics; without it only administrators can.
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
