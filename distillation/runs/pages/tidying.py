"""The page on which a run is renamed, archived or deleted."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from accounts.access import researcher_required
from accounts.models import User
from accounts.requests import PersonRequest
from common.tidying import Tidying, tidying_answer
from distillation.models import Run
from distillation.runs.lifecycle import run_archive, run_contents, run_delete, run_held, run_rename, run_unarchive

STAYS = "Products, co-buys and pictures stay, and so do the features that the run asked for: other runs use them."


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def run_tidy(request: PersonRequest, name: str) -> HttpResponse:
    return tidying_answer(request, _tidying(get_object_or_404(Run, name=name), request.user))


def _tidying(run: Run, by: User) -> Tidying:
    def rename(name: str) -> str:
        run_rename(run=run, name=name, by=by)
        return reverse("run-tidy", args=[run.name])

    download = f"{reverse('knowledge')}?{urlencode({'run': run.name})}#download"
    return Tidying(
        what="run",
        name=run.name,
        page=reverse("run-detail", args=[run.name]),
        all=reverse("run-list"),
        archived_at=run.archived_at,
        goes=run_contents(run),
        stays=STAYS,
        held=run_held(run),
        exports=[(download, "download its intentions and verdicts")],
        rename=rename,
        archive=lambda on: (run_archive if on else run_unarchive)(run=run, by=by),
        delete=lambda typed: run_delete(run=run, typed=typed, by=by),
    )
