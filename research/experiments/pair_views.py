"""The same co-buy and relation in all arms, beside each other."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest, researcher_required
from annotation.models import Study
from common.words import percent
from distillation.models import CoBuy, Exposure
from distillation.runs.exposure import exposure_record
from research.experiments.judged import studies_of
from research.experiments.side_by_side import SHOW, Blunt, blunt_test, cobuy_ids, relation_choices, side_by_side
from research.models import Arm, Experiment
from stats.estimate import Estimate


@require_safe
@researcher_required
def experiment_pairs(request: PersonRequest, name: str) -> HttpResponse:
    """Shows verdicts, so it is on record who saw them. The experiment's page takes its part with one co-buy."""
    experiment = get_object_or_404(Experiment, name=name)
    arms = list(experiment.arms.select_related("run"))
    exposure_record(user=request.user, runs=[arm.run_id for arm in arms], where=Exposure.Where.PAGE)
    blunt = None if "HX-Request" in request.headers else blunt_test(arms)
    context = {
        "experiment": experiment,
        **_pair(request.GET, arms, next(iter(studies_of(arms)), None)),
        "blunt": blunt,
        "follows": _follows(blunt) if blunt else [],
        "answers": blunt.arm.followed.count() if blunt else 0,
    }
    return render(request, "research/pairs.html", context)


def _pair(asked: QueryDict, arms: list[Arm], study: Study | None) -> dict:
    relations = relation_choices(next(arm.run for arm in arms if arm.is_control))
    relation = asked.get("relation", "")
    relation = relation if relation in dict(relations) else relations[0][0]
    show = asked.get("show", "") if asked.get("show", "") in SHOW else ""
    ids, given = cobuy_ids(arms, show, relation, study), asked.get("at", "1")
    at = min(max(int(given), 1), len(ids)) if given.isdecimal() and len(given) < 10 else 1
    cobuy = CoBuy.objects.select_related("a__picture", "b__picture").get(pk=ids[at - 1]) if ids else None
    return {
        "cobuy": cobuy,
        "at": at,
        "n": len(ids),
        "before": _query(at - 1, relation, show) if at > 1 else "",
        "after": _query(at + 1, relation, show) if at < len(ids) else "",
        "relation": relation,
        "relation_words": dict(relations)[relation],
        "relations": relations,
        "show": show,
        "shows": SHOW,
        "seen": side_by_side(arms, cobuy, relation, study) if cobuy else [],
        "study": study,
    }


def _query(at: int, relation: str, show: str) -> str:
    return urlencode({"at": str(at), "relation": relation, "show": show})


def _follows(blunt: Blunt) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    """(what it follows, by words, said by people)"""
    return [(kind, _share(share), _share(blunt.people[kind])) for kind, share in blunt.shares.items()]


def _share(found: Estimate) -> dict[str, str]:
    low, high = found.ci95 or (None, None)
    interval = found.reason or "" if low is None else f"{percent(low)} to {percent(high)}"
    return {"value": percent(found.value) if found.value is not None else "", "interval": interval}
