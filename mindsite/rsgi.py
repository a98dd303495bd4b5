"""What `manage.py serve` and `web` run under granian."""

import gc
import os

gc.disable()  # nothing of what is loaded is garbage, and to look for it takes a tenth of the start

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import get_resolver  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mindsite.settings")
os.environ.setdefault("DATABASE_WAIT", "1.5")  # people are told soon; commands and workers wait longer
django = get_wsgi_application()

from common.away import away  # noqa: E402 - once Django is set up
from mindsite.gateway.server import Server  # noqa: E402 - its models are there once Django is

away.told_at_once = True
application = Server(django)
get_resolver().url_patterns  # noqa: B018 - loaded now, not while the first person waits
gc.freeze()  # nor is it looked through again and again while pages are made
gc.enable()
