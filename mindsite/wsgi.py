import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mindsite.settings")
django = get_wsgi_application()

from mindsite.bodies import Bodies  # noqa: E402 - its models are there once Django is

application = Bodies(django)
