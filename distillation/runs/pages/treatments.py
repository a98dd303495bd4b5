"""The choice of treatments as people see it: pictures of the catalog as the model would, and what was measured."""

from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.db.models import Max
from django.forms import CheckboxSelectMultiple, RadioSelect
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from common.cached import cached
from distillation.catalog.pictures.urls import thumbnail_url
from distillation.catalog.pictures.views import PICTURE_AGE_S
from distillation.models import CoBuy, Picture, TreatedPicture
from distillation.runs.pictures import effects_by_treatment
from distillation.treatments import AS_IS, NONE, SWAPPED, TREATED, Untreatable, treat
from distillation.treatments.names import SHORT, TAKEN_AWAY

MEASURED = 200  # pictures behind the medians
SEARCHED = 2_000  # newest co-buys that examples are taken from
KEPT_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Shown:
    """`pictures` are addresses of two, none where the treatment shows none; `measured` is empty where nothing was."""

    short: str
    takes_away: str
    pictures: tuple[str, ...]
    measured: str


class _WithExamples:
    """Each option also has what is `shown` of it."""

    def options(self, name, value, attrs=None):
        shown = treatments_shown()
        for option in super().options(name, value, attrs):  # type: ignore[misc]
            yield option | {"shown": shown[str(option["value"])]}


class OneTreatment(_WithExamples, RadioSelect):
    pass


class SeveralTreatments(_WithExamples, CheckboxSelectMultiple):
    pass


def treatments_shown() -> dict[str, Shown]:
    """By the short name, which forms ask for; anew when a co-buy or a treated picture has come."""
    newest = (each.objects.aggregate(n=Max("pk"))["n"] for each in (CoBuy, TreatedPicture))
    return cached("treatments-{}-{}".format(*newest), _treatments_shown, KEPT_SECONDS)


def _treatments_shown() -> dict[str, Shown]:
    own, others = _examples()
    measured = {row["treatment"]: _measured(row) for row in effects_by_treatment(newest=MEASURED)}
    addresses = {
        AS_IS: tuple(thumbnail_url(each) for each in own),
        SWAPPED: tuple(thumbnail_url(each) for each in others),
        NONE: (),
        **{name: tuple(reverse("treated-example", args=[each.digest, name]) for each in own) for name in TREATED},
    }
    return {
        short: Shown(short, TAKEN_AWAY[name], addresses[name], measured.get(name, "")) for short, name in SHORT.items()
    }


def _examples() -> tuple[list[Picture], list[Picture]]:
    """Both pictures of the newest co-buy that has them, and of one that has others."""
    newest = CoBuy.objects.order_by("-pk").values("pk")[:SEARCHED]
    pictured = CoBuy.objects.with_pictures().filter(pk__in=newest).select_related("a__picture", "b__picture")
    pairs = [[each.a.picture, each.b.picture] for each in pictured.order_by("-pk")[:20]]
    own = pairs[0] if pairs else []
    return own, next((pair for pair in pairs if not {*pair} & {*own}), [])


def _measured(row: dict) -> str:
    medians, lost = row["medians"], sum(row["problems"].values())
    words = [
        f"{name} {medians[name]:.2f}" for name in ("texture", "outline", "colour") if medians.get(name) is not None
    ]
    if lost:
        words.append(f"not possible of {100 * lost / (lost + row['treated']):.0f} %")
    return " · ".join(words)


@require_safe
@researcher_required
def treated_example(request: HttpRequest, digest: str, treatment: str) -> HttpResponse:
    """The thumbnail, treated; a 204 where that is not possible of this picture."""
    picture = get_object_or_404(Picture, digest=digest)
    jpeg = cached(f"treated-{treatment}-{digest}", lambda: _treated(picture, treatment), KEPT_SECONDS)
    headers = {"Cache-Control": f"private, max-age={PICTURE_AGE_S}, immutable", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(jpeg, "image/jpeg", headers=headers) if jpeg else HttpResponse(status=204)


def _treated(picture: Picture, treatment: str) -> bytes:
    try:
        with default_storage.open(picture.thumbnail_name) as file:
            return treat(file.read(), treatment, picture.digest).jpeg
    except (Untreatable, FileNotFoundError):
        return b""
