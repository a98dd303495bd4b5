"""Extra votes: asked where people are split and when nothing else is left; only the latent truth counts them."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command

from accounts.models import User
from annotation.exchange.exports.streams import judgments_csv
from annotation.figures.numbers import study_figures
from annotation.figures.opinions import latent_figures
from annotation.figures.reports.report import study_report
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.judging.allocation import Finished, Waiting, item_next, item_skip
from annotation.judging.finding.extra import some_of
from annotation.judging.leases import lease_release
from annotation.judging.quality.interventions import participant_exclude
from annotation.models import Item, Judgment, Kind, Lease, Study
from annotation.recheck.check import figures_check
from tests.annotation.builders import participant, rate_all, save, study
from tests.annotation.judging.threads import at_once
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db
concurrent = pytest.mark.django_db(transaction=True)

# Yes of three annotators on six items: two are split, the second of them the more evenly against what is usual.
SAID = [(1, 1, 1), (1, 1, 0), (1, 1, 1), (0, 0, 1), (1, 1, 1), (1, 1, 1)]


@pytest.fixture
def split() -> Study:
    return made_split()


def made_split(extra_votes: int = 2, times: int = 1) -> Study:
    made = study(run=finished_run(3 * times), items=6 * times, overlap=3, extra_votes=extra_votes)
    rate_all(made, {pk: [(yes, 1) for yes in said] for pk, said in zip(pks(made), SAID * times, strict=True)})
    return made


def pks(made: Study) -> list[int]:
    return list(made.items.order_by("pk").values_list("pk", flat=True))


def test_split_items_are_asked_again_the_one_worth_most_first(split: Study) -> None:
    # 14 of 18 say yes, so two no and one yes leave more doubt than two yes and one no.
    who, got = participant(split, "late"), []
    while isinstance(lease := item_next(participant=who), Lease):
        got.append((lease.item_id, lease.kind))
        assert save(lease).audit_asked is False
    assert got == [(pks(split)[3], Kind.EXTRA), (pks(split)[1], Kind.EXTRA)]


def test_a_search_looks_at_so_many_items_wherever_it_begins(split: Study) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        four = some_of(split, split.items.all(), 4, rng)
        assert len({pk for pk, _ in four}) == 4
        assert len(some_of(split, split.items.all(), 9, rng)) == 6


def test_those_who_have_judged_are_not_asked_again(split: Study) -> None:
    assert isinstance(item_next(participant=participant(split, "ann-0")), Finished)


def test_nobody_is_asked_where_the_study_wants_none() -> None:
    assert isinstance(item_next(participant=participant(made_split(0), "late")), Finished)


def test_an_item_gets_no_more_than_the_study_wants(split: Study) -> None:
    for name in ("late", "later", "last"):
        who = participant(split, name)
        while isinstance(lease := item_next(participant=who), Lease):
            save(lease)
    assert Judgment.objects.filter(kind=Kind.EXTRA).count() == 4
    assert set(split.items.values_list("n_judged", "extra_taken")) == {(3, 0), (3, 2)}


def test_who_comes_while_others_hold_them_waits() -> None:
    made = made_split(1)
    held = [item_next(participant=participant(made, name)) for name in ("late", "later")]
    found = item_next(participant=participant(made, "last"))
    assert isinstance(found, Waiting)
    assert found.look_again == min(lease.expires_at for lease in held)


def test_what_is_given_back_or_skipped_is_free_again(split: Study) -> None:
    who = participant(split, "late")
    item_next(participant=who)
    lease_release(participant=who)
    item_skip(participant=who, item_id=item_next(participant=who).item_id, reason="cannot_tell")
    assert set(split.items.values_list("extra_taken", flat=True)) == {0}


@concurrent
def test_the_last_place_goes_to_one_of_many() -> None:
    made = made_split(1)
    crowd = [participant(made, f"late-{i}") for i in range(6)]
    found = at_once([lambda who=who: item_next(participant=who) for who in crowd])
    assert sorted(type(each).__name__ for each in found) == ["Lease"] * 2 + ["Waiting"] * 4
    assert list(Item.objects.filter(extra_taken__gt=0).values_list("extra_taken", flat=True)) == [1, 1]


def give_extra(made: Study) -> None:
    for name in ("late", "later"):
        who = participant(made, name)
        while isinstance(lease := item_next(participant=who), Lease):
            save(lease, 0, 0)


def test_no_figure_but_the_latent_truth_counts_them() -> None:
    split = made_split(times=6)
    before, latent = study_figures(split), latent_figures(Live(Asked(split)), draws=20)
    give_extra(split)
    after = study_figures(split)
    assert all(getattr(before, each.name) == getattr(after, each.name) for each in fields(before) if each.compare)
    assert latent_figures(Live(Asked(split)), draws=20)["accuracy"] != latent["accuracy"]
    assert "up to 2 extra votes, where these were worth most; 24 were given" in " ".join(study_report(split).methods)


def test_figures_with_them_are_those_of_the_export(researcher: User) -> None:
    split = made_split(times=6)
    give_extra(split)
    participant_exclude(participant=participant(split, "later"), reason="bots", by=researcher)
    check = figures_check(split)
    assert (check.differences, check.compared["latent truth"] > 20) == ([], True)


def test_they_come_out_of_an_export_and_into_a_study_again(split: Study, tmp_path: Path) -> None:
    give_extra(split)
    path = tmp_path / "judgments.csv"
    path.write_bytes(b"".join(judgments_csv(split)))
    again = study(run=split.runs.get(), name="again", items=6, overlap=3, extra_votes=2)
    call_command("import_judgments", "again", path)
    assert len(Live(Asked(again)).single_votes().item) == 22
    assert sorted(again.items.values_list("extra_taken", flat=True)) == [0, 0, 0, 0, 2, 2]
