"""What p(yes) of the whole run adds to the headlines."""

import numpy as np
import pytest
from django.db.models import Count, Sum
from django.test import Client
from django.urls import reverse

from annotation.figures.numbers import study_figures
from annotation.models import Study
from distillation.models import Verdict
from stats.survey.assisted import assisted_rate
from stats.survey.run import run_totals
from tests.annotation.builders import rate_all, study
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def known_once(module_db: None) -> Study:
    """60 of 240 intentions; p_yes 0.02 to 0.98 all over the run; nearly as many say yes as p_yes says."""
    made, rng = finished_run(120), np.random.default_rng(5)
    for verdict in Verdict.objects.all():
        p_yes = round(float(rng.uniform(0.02, 0.98)), 3)
        Verdict.objects.filter(pk=verdict.pk).update(p_yes=p_yes, yes=p_yes >= 0.5)
    drawn = study(run=made, items=60, overlap=2)
    votes = {item.pk: [(int(rng.random() < item.p_yes), 1)] * 2 for item in drawn.items.all()}
    rate_all(drawn, votes)
    return drawn


@pytest.fixture
def known(db: None, known_once: Study) -> Study:
    return Study.objects.get(pk=known_once.pk)


def test_p_yes_of_the_whole_run_tightens_a_share(known: Study) -> None:
    figures, verdicts = study_figures(known), Verdict.objects.aggregate(n=Count("pk"), p_yes=Sum("p_yes"))
    items = known.items.order_by("pk").values_list("p_yes", "plausibility_tally")
    p_yes, share = np.array([(p, tally > 100) for p, tally in items], dtype=float).T
    again = assisted_rate(share, p_yes, run_totals(verdicts["n"], 0, verdicts["p_yes"], 0), np.full(60, 4.0))
    assert figures.rates["plausibility"].value == pytest.approx(again.figure.value)
    assert figures.assisted["plausibility"].counts_like > 60
    assert figures.as_dict()["rates"]["plausibility"]["without_p_yes"]["value"] == pytest.approx(share.mean())


def test_kept_share_is_counted_over_the_run(known: Study) -> None:
    kept = study_figures(known).kept
    assert kept.value == Verdict.objects.filter(p_yes__gte=0.5).count() / 240
    assert (kept.ci95, kept.n) == (None, 240)


def test_the_page_says_what_p_yes_gained(as_researcher: Client, known: Study) -> None:
    page = as_researcher.get(reverse("study", args=[known.pk])).content.decode()
    like = round(study_figures(known).assisted["plausibility"].counts_like)
    assert f"With p(yes) of the whole run 60 items count like {like}" in page
    assert "of 240 intentions, counted" in page


def test_a_run_that_has_grown_since_is_not_leant_on(known: Study) -> None:
    gone = Verdict.objects.exclude(intention__in=known.items.values("intention"))[:10]
    Verdict.objects.filter(pk__in=[verdict.pk for verdict in gone]).delete()
    found = study_figures(known).assisted["plausibility"]
    assert found.fallback == "the run is not as it was when the sample was drawn from it"
    assert found.figure == found.design
