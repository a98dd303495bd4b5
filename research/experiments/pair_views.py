"""The same co-buy and relation in all arms, beside each other."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest, researcher_required
from distillation.models import CoBuy, Exposure
from distillation.runs.exposure import exposure_record
from research.experiments.judged import studies_of
from research.experiments.side_by_side import blunt_test, cobuy_ids, relation_choices, side_by_side
from research.models import Experiment


@require_safe
@researcher_required
def experiment_pairs(request: PersonRequest, name: str) -> HttpResponse:
    """Shows verdicts, so it is on record who saw them."""
    experiment = get_object_or_404(Experiment, name=name)
    arms = list(experiment.arms.select_related("run"))
    control = next(arm.run for arm in arms if arm.is_control)
    exposure_record(user=request.user, runs=[arm.run_id for arm in arms], where=Exposure.Where.PAGE)
    ids, relations = cobuy_ids(control), relation_choices(control)
    given = request.GET.get("at", "1")
    at = min(max(int(given), 1), len(ids)) if given.isdecimal() and len(given) < 10 else 1
    asked = request.GET.get("relation", "")
    relation = asked if asked in dict(relations) else relations[0][0]
    cobuy = CoBuy.objects.select_related("a__picture", "b__picture").get(pk=ids[at - 1])
    blunt, study = blunt_test(arms), next(iter(studies_of(arms)), None)
    context = {
        "experiment": experiment,
        "cobuy": cobuy,
        "at": at,
        "n": len(ids),
        "before": at - 1 if at > 1 else None,
        "after": at + 1 if at < len(ids) else None,
        "relation": relation,
        "relations": relations,
        "seen": side_by_side(arms, cobuy, relation, study),
        "study": study,
        "blunt": blunt,
        "follows": [(kind, share, blunt.people[kind]) for kind, share in blunt.shares.items()] if blunt else [],
        "answers": blunt.arm.followed.count() if blunt else 0,
    }
    return render(request, "research/pairs.html", context)
