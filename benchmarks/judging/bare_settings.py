"""The product's settings for the bare view: the same server, pool and CSRF, and no other middleware."""

from mindsite.settings import *  # noqa: F403

MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
ROOT_URLCONF = "benchmarks.judging.bare_views"
