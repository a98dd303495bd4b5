"""Panels as the dashboard and a browser ask for them."""

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from annotation.figures.numbers import study_revision
from annotation.figures.panels.all import PANELS
from annotation.figures.panels.panel import Shown
from annotation.figures.rows.asked import Asked
from annotation.models import Study
from annotation.selection import EVERYTHING, Selection


def asked(made: Study, selection: Selection = EVERYTHING, **more) -> Asked:
    return Asked(made, selection, study_revision(made), **more)


def show(name: str, made: Study, selection: Selection = EVERYTHING, **more) -> Shown:
    return PANELS[name].shown(asked(made, selection, **more))


def page(client: Client, made: Study, name: str, *, ending: str = "", **query) -> HttpResponse:
    view = f"study-panel-{ending}" if ending else "study-panel"
    return client.get(reverse(view, args=[made.pk, name]), query)
