"""The product's settings, save what would only slow the tests down or leave files behind."""

import os
import sys
import tempfile
from pathlib import Path

from mindsite.settings import *  # noqa: F403

# Where no bytecode may be kept, each worker and each command under test compiles all code anew: a third of the suite.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

INSTALLED_APPS = ["django.contrib.admin" if "admin" in name else name for name in INSTALLED_APPS]  # noqa: F405
INSTALLED_APPS += ["tests"]  # for its command
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = tempfile.mkdtemp(prefix="mindsite-test-media-")
STATIC_ROOT = Path(MEDIA_ROOT) / "static"  # empty: each test client would look at every file in it
STATIC_ROOT.mkdir()
LVLM_BATCH_FOLDER = Path(MEDIA_ROOT) / "batches"
ERASURES_FILE = Path(MEDIA_ROOT) / "erasures.jsonl"
AUDIT_LOG = Path(MEDIA_ROOT) / "audit.jsonl"
UPLOADS_ROOT = Path(MEDIA_ROOT) / "uploads"
STOCK_ADMIN = True  # its pages are tested where somebody turns them on
CELERY_BROKER_URL = embedded.broker_url(db=1)  # noqa: F405 - a demo that runs beside the tests keeps its queue
LIMITS_URL = ""  # counts of one test are not another's
# Two sessions at once each have test databases of their own; pytest-xdist adds its worker's name.
DATABASES["default"]["TEST"] = {  # noqa: F405
    "NAME": f"test_mindsite_{os.environ.get('PYTEST_XDIST_TESTRUNUID', str(os.getpid()))[:8]}"
}
