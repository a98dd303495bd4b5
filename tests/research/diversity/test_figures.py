import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from distillation.models import Run
from research.diversity.embedding import PACKAGE
from research.diversity.services import (
    DiversityRefused,
    diversities_ask_of_ended,
    diversity_ask,
    diversity_claim,
    diversity_compute,
)
from research.models import Diversity, NearDuplicate
from tests.distillation.builders import cobuys, finished_run, run
from tests.distillation.runs.ticking import SERVED
from tests.research.diversity.texts import BOTH, computed, write

pytestmark = pytest.mark.django_db


def test_duplicates_are_counted_over_all_intentions() -> None:
    made = finished_run(4)  # 8 intentions under isA and usedFor in turn; numbers make the others different
    ids = write(made, f"{BOTH}.", f"{BOTH.upper()}!", f"{BOTH} there")
    found = computed(made).figures["duplicates"]
    assert (found["n_exact"], found["n_near"], found["groups"]) == (2, 3, 1)
    assert (found["in_relation"], found["in_cobuy"]) == (2, 2)  # the first and third; the first and second
    assert found["largest"][0]["size"] == 3
    assert set(NearDuplicate.objects.values_list("intention", flat=True)) == set(ids)


def test_relations_are_counted_made_and_kept() -> None:
    made = finished_run(3)  # every second of 6 is kept: all of one relation
    figures = computed(made).figures
    assert sorted((row["made"], row["kept"]) for row in figures["relations"]) == [(3, 0), (3, 3)]
    assert (figures["entropy"]["made"], figures["entropy"]["kept"], figures["entropy"]["most"]) == (1.0, 0.0, 1.0)


def test_openings_and_texts_come_by_how_often() -> None:
    made = finished_run(2)
    write(made, "Because both shine in the dark", "because both shine at noon", "Same.", "same")  # four words differ
    figures = computed(made).figures
    assert [(row["text"], row["n"], row["share"]) for row in figures["openings"]] == [("Same.", 2, 0.5)]  # 2 of 4
    assert [(row["text"], row["n"]) for row in figures["texts"]] == [("Same.", 2)]


def test_length_is_in_words() -> None:
    made = finished_run(1)
    write(made, "one two three", "one two three four five")
    length = computed(made).figures["length"]
    assert (length["mean"], length["sd"], length["least"], length["most"]) == (4, 1, 3, 5)


def test_what_is_too_few_for_a_draw_has_no_figure() -> None:
    made = finished_run(10)  # 20 intentions, 10 under each relation, 2 of each co-buy
    rows = {(row["scope"], row["n"]): row for row in computed(made).figures["draws"]}
    assert rows["run", 10]["distinct_2"]["value"] is not None
    assert rows["relation", 10]["draws"] == rows["run", 10]["draws"]
    assert rows["cobuy", 10]["draws"] == rows["run", 40]["draws"] == 0
    assert rows["run", 40]["self_bleu"]["value"] is None


def test_a_run_without_intentions_is_refused() -> None:
    cobuys(1)
    with pytest.raises(DiversityRefused, match="no intention yet"):
        diversity_ask(run=run())


def test_a_run_of_a_model_that_has_ended_is_computed_unasked() -> None:
    made = finished_run(1, **SERVED)
    finished_run(1, name="rules")
    diversities_ask_of_ended()
    assert [each.run.name for each in Diversity.objects.all()] == ["r1"]
    computed(made)
    diversities_ask_of_ended()
    assert Diversity.objects.get().state == "done"
    Run.objects.filter(pk=made.pk).update(finished_at="2999-01-01T00:00Z")  # it was resumed, and ended again
    diversities_ask_of_ended()
    assert Diversity.objects.get().state == "wanted"


def test_two_workers_do_not_compute_the_same() -> None:
    made = finished_run(1)
    diversity_ask(run=made)
    assert diversity_claim(run_id=made.pk)
    assert diversity_claim(run_id=made.pk) is None


def test_what_is_asked_for_meanwhile_is_computed_again() -> None:
    made = finished_run(1)
    diversity_ask(run=made)
    claimed = diversity_claim(run_id=made.pk)
    Diversity.objects.update(asked_at=claimed.computed_at or "2999-01-01T00:00Z")
    diversity_compute(claimed=claimed)
    assert Diversity.objects.get().state == Diversity.State.WANTED


def test_the_command_prints_all_figures() -> None:
    finished_run(3)
    out = StringIO()
    call_command("diversity", "r1", "--json", stdout=out)
    assert json.loads(out.getvalue())["n"] == 6


def test_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    finished_run(1)
    monkeypatch.setitem(__import__("sys").modules, PACKAGE, None)
    with pytest.raises(CommandError, match=r"requirements-embed\.txt"):
        call_command("diversity", "r1", "--embed", "10")
    assert not Diversity.objects.exists()


def test_the_command_names_a_run_that_is_not_there() -> None:
    with pytest.raises(CommandError, match="There is no run named r9"):
        call_command("diversity", "r9")
