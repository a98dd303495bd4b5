"""The pages on which gains, tests of purchases and experiments in shops are renamed, archived and deleted."""

from collections.abc import Sequence

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import researcher_required
from accounts.models import User
from accounts.requests import PersonRequest
from common.tidying import Tidying, tidying_answer
from common.words import counted
from research.models import Gain, OnlineExperiment, PurchaseTest
from research.tidying.services import (
    GAIN,
    PURCHASE_TEST,
    SHOP_TEST,
    Finding,
    Kind,
    finding_archive,
    finding_delete,
    finding_rename,
    rows_of,
)


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def gain_tidy(request: PersonRequest, name: str) -> HttpResponse:
    gain = get_object_or_404(Gain, name=name)
    goes = [counted(len(gain.arms), "arm") + " in its table"]
    stays = "Its trainings, evaluations and the data that were written stay."
    pages = ("gain-tidy", "training-gain", "training-list")
    return tidying_answer(request, _tidying(gain, GAIN, request.user, pages=pages, goes=goes, stays=stays))


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def purchase_tidy(request: PersonRequest, name: str) -> HttpResponse:
    test = PurchaseTest.objects.of_name(name).first()
    if test is None:
        raise Http404(f"There is no test of purchases named {name}.")
    goes = [counted(rows_of(test).count(), "design") + " with its figures"]
    stays = "The run and the purchases stay."
    pages = ("purchase-tidy", "purchase-detail", "purchase-list")
    return tidying_answer(request, _tidying(test, PURCHASE_TEST, request.user, pages=pages, goes=goes, stays=stays))


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def online_tidy(request: PersonRequest, name: str) -> HttpResponse:
    online = get_object_or_404(OnlineExperiment, name=name)
    n = {"arm": online.arms.count(), "exposure": online.exposures.count(), "outcome": online.outcomes.count()}
    goes = [counted(number, thing) for thing, number in n.items() if number]
    stays = "Runs whose intentions were shown stay."
    pages = ("online-tidy", "online-detail", "online-list")
    figures = [(reverse("api:online-results", args=[online.name]), "figures as JSON")]
    thing = _tidying(online, SHOP_TEST, request.user, pages=pages, goes=goes, stays=stays, exports=figures)
    return tidying_answer(request, thing)


def _tidying(
    finding: Finding,
    kind: Kind,
    by: User,
    *,
    pages: tuple[str, str, str],
    goes: Sequence[str],
    stays: str,
    exports: Sequence[tuple[str, str]] = (),
) -> Tidying:
    """`pages`: routes of this page, of the thing's own, and of the list."""
    own, detail, every = pages

    def rename(name: str) -> str:
        finding_rename(finding=finding, kind=kind, name=name, by=by)
        return reverse(own, args=[finding.name])

    held = kind.held(finding)
    return Tidying(
        what=kind.what,
        name=finding.name,
        page=reverse(detail, args=[finding.name]),
        all=reverse(every),
        archived_at=finding.archived_at,
        goes=goes,
        stays=stays,
        held=[held] if held else [],
        exports=exports,
        rename=rename,
        archive=lambda on: finding_archive(finding=finding, kind=kind, on=on, by=by),
        delete=lambda typed: finding_delete(finding=finding, kind=kind, typed=typed, by=by),
    )
