"""Runs: started, gone on with, refused, ended; and what is reported of them."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from distillation.lvlm.base import Failure as Why
from distillation.lvlm.base import Usage
from distillation.models import Failure, Product, Run, RunCoBuy, Verdict, Worker
from distillation.pipeline.engine import FeatureEnded, IntentionEnded, Unit
from distillation.pipeline.options import Options
from distillation.pipeline.steps import Outcome
from distillation.runs import ledger, reports
from distillation.runs.changes import run_set_strictness
from distillation.runs.services import (
    RunRefused,
    RunSettings,
    run_cancel,
    run_finish_if_done,
    run_pause,
    run_start,
    run_wait,
)
from distillation.runs.ticks import tick_add
from distillation.tasks import advance_run, sweep
from tests.distillation.builders import cobuys, finished_run, run

pytestmark = pytest.mark.django_db
ME = uuid.UUID(int=1)


# Starting


def test_a_run_owes_each_relation_of_each_cobuy():
    cobuys(3)
    made = run(relations="usedFor,isA,can")
    assert list(made.cobuys.values_list("n_owed", flat=True)) == [3, 3, 3]
    assert made.products.count() == 6


def test_a_limit_takes_the_first_cobuys():
    pairs = cobuys(3)
    settings = RunSettings.checked(relations="isA", limit=2, with_images=False)
    made, _ = run_start(name="r1", backend="baseline", model="rules-1", base_urls=[], settings=settings)
    assert list(made.cobuys.order_by("pk").values_list("cobuy", flat=True)) == [pair.pk for pair in pairs[:2]]


def test_the_same_settings_go_on_with_the_run():
    cobuys(1)
    first = run()
    run_pause(run=first, why="lunch")
    again = run(base_urls=["http://elsewhere:8001"])
    assert (again.pk, again.state, again.message) == (first.pk, "running", "")
    assert again.base_urls == ["http://elsewhere:8001"]
    assert RunCoBuy.objects.count() == 1


def test_a_cancelled_run_is_not_gone_on_with_by_chance():
    cobuys(1)
    run_cancel(run=run())
    with pytest.raises(RunRefused, match="r1 is cancelled: resume it with resume_run r1"):
        run()


def test_the_name_of_a_page_is_none_of_a_run():
    cobuys(1)
    with pytest.raises(RunRefused, match="choose another"):
        run("new")


def test_who_paused_stays_said_though_the_server_goes_away():
    cobuys(1)
    made = run()
    run_pause(run=made, why="Paused by rosa.")
    run_wait(run=made, why="Waiting for the model server")
    assert Run.objects.get().message == "Paused by rosa."


def test_a_done_run_stays_done():
    finished_run()
    assert run().state == Run.State.DONE


def test_other_settings_are_refused_by_name():
    cobuys(1)
    run(relations="isA")
    with pytest.raises(RunRefused, match=r"r1 exists with other settings \(relations is \['isA'\], not \['can'\]\)"):
        run(relations="can")
    with pytest.raises(RunRefused, match=r"\(model is 'rules-1', not 'm'\); give the new run another name"):
        run(relations="isA", model="m")


def test_an_empty_catalog_is_refused_and_nothing_is_written():
    with pytest.raises(RunRefused, match="no co-buys; import some"):
        run()
    assert Run.objects.count() == 0


def test_a_catalog_without_pictures_is_refused_for_a_run_with_them():
    cobuys(1)
    with pytest.raises(RunRefused, match="--no-images"):
        run(with_images=True)


@pytest.mark.parametrize("name", ["a b", "a/b", "", "x" * 101, "\udcff", "a\nb"])
def test_a_name_that_is_none_is_one_line(name):
    cobuys(1)
    with pytest.raises(RunRefused, match=r"^name '.*': \S") as refused:
        run(name)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"limit": 0}, "--limit 0: give a number"),
        ({"samples": 0}, "--samples 0: give a number of intentions from 1 to 1000"),
        ({"samples": 40_000}, "--samples 40000"),
        ({"relations": "usedFr"}, "usedFr"),
    ],
)
def test_settings_that_are_none_are_refused(asked, words):
    with pytest.raises(RunRefused, match=words):
        RunSettings.checked(**{"relations": "isA", "limit": None, **asked})


@pytest.mark.django_db(transaction=True)
def test_two_starts_at_once_are_one_run():
    cobuys(2)

    def start(_: int) -> int:
        try:
            return run().pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(start, range(4)))) == 1
    assert RunCoBuy.objects.count() == 2


# Going on and ending


def test_a_run_owes_while_nobody_has_it_in_hand():
    cobuys(2)
    made = run()
    assert list(Run.objects.owing()) == [made]
    ledger.claim(made, Options.from_config(made.config), ME, 1)
    assert list(Run.objects.owing()) == []
    made.cobuys.filter(claim=ME).update(claimed_until=Now() - timedelta(seconds=1))
    assert list(Run.objects.owing()) == [made]
    run_pause(run=made)
    assert list(Run.objects.owing()) == []


def test_a_run_ends_once_nothing_is_owed():
    cobuys(2)
    made = run()
    RunCoBuy.objects.filter(pk=made.cobuys.first().pk).update(n_owed=0)
    assert not run_finish_if_done(run=made)
    made.cobuys.update(n_owed=0)
    assert run_finish_if_done(run=made)
    made.refresh_from_db()
    assert (made.state, made.finished_at is not None) == ("done", True)


def test_the_sweep_ends_a_run_whose_worker_was_killed_after_its_last_result():
    cobuys(1)
    made = run()
    made.cobuys.update(n_owed=0)
    sweep()
    made.refresh_from_db()
    assert made.state == Run.State.DONE


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_a_run_to_its_end():
    cobuys(3)
    made = run()
    advance_run(made.pk)
    progress = reports.run_progress(made)
    # 3 co-buys x 2 relations
    assert (progress.state, progress.verdicts.done, progress.owed, progress.unaccounted) == ("done", 6, 0, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("asked", "state", "words"),
    [
        (
            {"backend": "openai", "base_urls": ["http://127.0.0.1:1"]},
            "running",
            "Waiting for the model server: http://127.0.0.1:1/v1 can't be reached",
        ),
        ({"model": "rules-0"}, "paused", "The baseline has no model 'rules-0'"),
    ],
)
def test_a_lost_server_is_waited_for_and_a_wrong_model_pauses(asked, state, words):
    cobuys(1)
    made = run(**asked)
    advance_run(made.pk)
    made.refresh_from_db()
    assert (made.state, made.message[: len(words)]) == (state, words)
    assert made.cobuys.filter(claim__isnull=False).count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_unforeseen_error_is_said_on_the_run():
    cobuys(1)
    made = run()
    Run.objects.filter(pk=made.pk).update(config={**made.config, "prompt_version": "mind-0"})
    with pytest.raises(ValueError, match="mind-0"):
        advance_run(made.pk)
    made.refresh_from_db()
    assert (made.state, made.message[:20]) == ("running", "Stopped by an error ")


# Reports


@pytest.mark.django_db(transaction=True)
def test_the_sums_add_up_while_a_worker_writes():
    cobuys(30)
    made = run(relations="isA,can,usedFor")
    with ThreadPoolExecutor(1) as threads:
        work = threads.submit(_advance_and_close, made)
        seen = []
        while not work.done():
            seen.append(reports.run_progress(made))
        work.result()
    assert {progress.unaccounted for progress in seen} == {0}


def _advance_and_close(made: Run) -> None:
    advance_run(made.pk)
    connection.close()


def test_the_sums_add_up_at_every_moment():
    cobuys(2)
    made = run(relations="isA,can,usedFor")  # 6 units
    works = ledger.claim(made, Options.from_config(made.config), ME, 9)
    why = Outcome(None, Why("timeout", "slow"), "", Usage())
    said = Outcome("For light.", None, "raw", Usage())
    ended = [
        FeatureEnded(works[0].a, said),
        IntentionEnded(works[0].id, Unit("isA", 0), said),
        IntentionEnded(works[0].id, Unit("can", 0), why),
    ]
    ledger.record(made, ME, ended)
    progress = reports.run_progress(made)
    assert (progress.units, progress.owed, progress.unaccounted) == (6, 5, 0)
    assert (progress.features.done, progress.features.total) == (1, 4)
    assert (progress.intentions.done, progress.intentions.failed) == (1, 1)


def test_a_product_described_at_the_second_try_is_no_failed_one():
    pairs = cobuys(1)
    made = run()
    Failure.objects.create(run=made, step="feature", product=pairs[0].a, reason="timeout", detail="slow")
    assert reports.run_progress(made).features.failed == 1
    [work] = ledger.claim(made, Options.from_config(made.config), ME, 1)
    ledger.record(made, ME, [FeatureEnded(work.a, Outcome("A lamp.", None, "raw", Usage()))])
    features = reports.run_progress(made).features
    assert (features.done, features.failed) == (1, 0)


def test_kept_follows_the_strictness():
    made = finished_run(3)  # 6 verdicts, p_yes 0.9 and 0.2 in turn
    assert reports.run_progress(made).kept == 3
    Run.objects.update(strictness=0.1)
    assert reports.run_progress(made).kept == 6
    assert reports.run_progress(made).kept_share == 6 / 6


def test_without_probabilities_the_plain_answer_decides():
    made = finished_run(3)
    Verdict.objects.update(p_yes=None)
    assert reports.run_progress(made).kept == 3


def test_cobuys_left_out_for_want_of_a_picture_are_counted():
    cobuys(3)
    made = run()
    assert reports.run_progress(made).cobuys_without_pictures == 0
    Run.objects.update(config={**made.config, "with_images": True})
    assert reports.run_progress(made).cobuys_without_pictures == 3


def test_failures_are_grouped_by_reason_with_what_helps():
    made = finished_run()
    for asin in ("B000000000", "B000000001"):
        Failure.objects.create(
            run=made, step="feature", product=Product.objects.get(asin=asin), reason="timeout", detail="No answer."
        )
    [group] = reports.run_progress(made).failures
    assert (group["reason"], group["count"], group["example"]) == ("timeout", 2, "No answer.")
    assert "LVLM_TIMEOUT" in group["help"]


def test_the_revision_moves_with_what_the_page_shows():
    cobuys(1)
    made = run(relations="isA,can")
    seen = {reports.run_revision(made)}
    Worker.objects.create(name="w", seen_at=Now())
    seen.add(reports.run_revision(made))
    tick_add(made, [IntentionEnded(1, Unit("isA", 0), Outcome("For light.", None, "raw", Usage(calls=1)))])
    seen.add(reports.run_revision(made))
    run_pause(run=made, why="lunch")
    seen.add(reports.run_revision(made))
    run_set_strictness(run=made, strictness=0.7)
    assert len(seen | {reports.run_revision(made)}) == 5
    assert reports.run_revision(made) == reports.run_revision(made)


def test_what_is_counted_often_equals_what_is_counted_row_by_row():
    made = finished_run(3)  # 6 units: one verdict taken away again, one unit failed instead
    first, second, *_ = made.intentions.order_by("pk")
    first.verdict.delete()
    second.delete()
    Failure.objects.create(
        run=made, step="intention", cobuy=second.cobuy, relation=second.relation, reason="empty", detail=""
    )
    made.cobuys.filter(cobuy=first.cobuy).update(n_owed=1)
    counts, progress = reports.run_counts(made), reports.run_progress(made)
    assert (counts.owed, counts.verdicts, progress.verdicts.done) == (1, 6 - 1 - 1, 4)
    assert counts.steps(intentions=5)[1] == progress.intentions
    assert progress.unaccounted == 0


def test_intentions_by_ticks_stay_between_what_the_rows_allow():
    made = finished_run(3)
    made.cobuys.filter(pk=made.cobuys.first().pk).update(n_owed=2)
    counts = reports.run_counts(made)  # 6 units, 2 owed: 4 verdicts, so 4 to 6 intentions
    assert [counts.steps(n)[1].done for n in (0, 5, 9)] == [4, 5, 6]
