"""What failed in a run, grouped; what of it can succeed when it is asked again."""

from collections.abc import Collection

from django.db.models import Count, Min, Q, QuerySet

from distillation.models import Failure, Run, RunProduct
from distillation.pipeline.brake import FailingAlike

HELP = {
    "timeout": "The server took too long: raise LVLM_TIMEOUT or lower LVLM_IN_FLIGHT, then retry.",
    "reset": "The connection broke: see whether the server was restarted, then retry.",
    "server_error": "The server failed, several times in a row: look into its log, then retry.",
    "rate_limited": "The server turned the call away, several times in a row: lower LVLM_IN_FLIGHT, then retry.",
    "malformed": "The server's answer was none: see what stands between here and it, then retry.",
    "too_long": "The prompt is longer than the model takes: shorten titles or raise the server's context length.",
    "no_pictures": "The server takes no pictures, or fewer: start a run without them or with both on one canvas.",
    "bad_picture": "The server can't read the picture: import the product's picture again.",
    "bad_request": "The server refuses what is asked: its words say why.",
    "truncated": "The answer did not end in twice the tokens asked for: start a run with more max_tokens.",
    "refused": "The model declines to answer: nothing helps but another model.",
    "reasoning_only": "The model spends its room on reasoning: turn that off, or give it a longer context, then retry.",
    "markup": "What stands around the answer hides it: see the raw reply; a retry may do.",
    "other_language": "The model answers in another language than English: choose another model.",
    "unparsable": "The model said neither Yes nor No, twice: a retry may do.",
    "empty": "The model said nothing that can be used: a retry may do.",
    "untreated": "The picture could not be treated: nothing was asked, and comparisons leave the co-buy out.",
    "unchanged": "The treatment changes nothing in it: nothing was asked, and comparisons leave the co-buy out.",
    "no_features": "One of the two products has no features: see the failures of that step.",
}
EXAMPLE = 200
DEFAULT_HELP = "The server's words are beside it; a retry may do."

# The same question gets the same answer, as long as nobody changes server or catalog.
HOPELESS = (
    *("too_long", "no_pictures", "bad_picture", "bad_request", "truncated", "refused"),
    *("untreated", "unchanged"),
)


def failing_alike(stopped: FailingAlike) -> str:
    """Why a run has paused itself: the reason, an example and what to do."""
    failure = stopped.failure
    example = " ".join(failure.detail.split())[:EXAMPLE]
    help_ = HELP.get(failure.reason, DEFAULT_HELP).removesuffix(", then retry.").removesuffix(".")
    return f"{stopped.words} ({failure.reason.replace('_', ' ')}: {example}). {help_}; then resume the run."


def failure_groups(run: Run) -> list[dict]:
    groups = list(
        Failure.objects.filter(run=run)
        .values("step", "reason")
        .annotate(count=Count("pk"), first=Min("pk"))
        .order_by("-count", "step", "reason")
    )
    examples = dict(Failure.objects.filter(pk__in=[group["first"] for group in groups]).values_list("pk", "detail"))
    return [
        {
            "step": group["step"],
            "reason": group["reason"],
            "count": group["count"],
            "example": examples.get(group["first"], ""),
            "help": HELP.get(group["reason"], DEFAULT_HELP),
        }
        for group in groups
    ]


def undescribed(run: Run) -> QuerySet[Failure]:
    """Failed features of products that have none since: what failed for one co-buy may succeed for another."""
    described = RunProduct.objects.filter(run=run, feature__isnull=False).values("product")
    return Failure.objects.filter(run=run, step=Failure.Step.FEATURE).exclude(product__in=described)


def for_retry(*, reasons: Collection[str], every: bool) -> Q:
    """The failures to be retried: those named, or all, or all that can succeed."""
    if every:
        return Q(pk__isnull=False)  # an empty condition would vanish beside another one
    return Q(reason__in=tuple(reasons)) if reasons else ~Q(reason__in=(*HOPELESS, "no_features"))


def no_longer_blocked(run: Run) -> Q:
    """Units that failed because a product had no feature, and whose products' features can now be asked for again."""
    stuck = undescribed(run).values("product")
    return Q(reason="no_features") & ~Q(cobuy__a__in=stuck) & ~Q(cobuy__b__in=stuck)
