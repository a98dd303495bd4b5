"""The knowledge base: what is found, what an intention's page shows, and to whom."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from annotation.models import Judgment, Participant
from distillation.catalog.search import COUNTED, PAGE, Keyset
from distillation.models import Feature, Intention, Product, Run, RunProduct, Verdict
from knowledge.search import BLOCK, FEW, FIRST_BLOCKS, KnowledgeSearch
from tests.annotation.builders import judge, participant, rate_all, show_pictures, study
from tests.annotation.pages import HTMX
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db

KNOWLEDGE = reverse("knowledge")


def shown(client: Client, **asked: object) -> list[int]:
    """The ids of the rows, as they stand."""
    return [row["intention"].pk for row in client.get(KNOWLEDGE, asked).context["rows"]]


def found(**asked: object) -> list[int]:
    return KnowledgeSearch(**asked).find(Keyset()).page.keys


def add(run: Run, n: int, text: str = "A reason", first: int = 10_000) -> list[Intention]:
    """`n` further ones of the run's first co-buy, with ids from `first` on."""
    cobuy = run.cobuys.first().cobuy
    keys = range(first, first + n)
    return Intention.objects.bulk_create(
        Intention(pk=key, run=run, cobuy=cobuy, relation="can", sample=key % 30_000, text=text) for key in keys
    )


def page_of(intention: Intention) -> str:
    return reverse("intention", args=[intention.pk])


def test_the_pages_are_for_researchers(as_annotator: Client, as_researcher: Client) -> None:
    for page in (KNOWLEDGE, page_of(finished_run(1).intentions.first())):
        assert Client().get(page).status_code == 302
        assert as_annotator.get(page).status_code == 403
        assert as_researcher.get(page).status_code == 200


def test_the_newest_come_first(as_researcher: Client) -> None:
    finished_run(3)  # 3 co-buys x 2 relations
    everything = Intention.objects.order_by("-pk").values_list("pk", flat=True)
    assert shown(as_researcher) == list(everything)


def test_words_are_found_in_text_and_both_titles(as_researcher: Client) -> None:
    first, second = finished_run(1).intentions.order_by("pk")
    Intention.objects.filter(pk=first.pk).update(text="For hiking in the rain.")
    Product.objects.filter(pk=first.cobuy.b_id).update(title="A green umbrella")
    assert shown(as_researcher, q="hikes") == [first.pk]
    assert shown(as_researcher, q="umbrellas") == [second.pk, first.pk]
    assert shown(as_researcher, q="umbrella -hiking") == [second.pk]
    assert shown(as_researcher, q='"hiking rain"') == []
    assert shown(as_researcher, q='"in the rain"') == [first.pk]


def test_a_phrase_does_not_run_over_into_the_next_text() -> None:
    intention = finished_run(1, relations="isA").intentions.get()
    Product.objects.filter(pk=intention.cobuy.a_id).update(title="Umbrella")
    Intention.objects.update(text="Against rain")
    assert found(words='"against rain"') == [intention.pk]
    assert found(words='"rain umbrella"') == []


def test_every_way_of_inserting_fills_the_search() -> None:
    run = finished_run(1, relations="isA")
    given = (run.pk, run.cobuys.get().cobuy_id, "hasA", "Against rain", "")
    columns = "(run_id, cobuy_id, relation, text, raw_reply, sample)"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO distillation_intention {columns} VALUES (%s, %s, %s, %s, %s, 1)", given)
        with cursor.copy(f"COPY distillation_intention {columns} FROM STDIN") as copy:
            copy.write_row((*given, 2))
    add(run, 1, "Against rain")
    assert len(found(words="rain")) == 3


def test_each_filter_takes_its_share(as_researcher: Client) -> None:
    run = finished_run(3)  # isA and usedFor in turn, p_yes 0.9 and 0.2 in turn: kept are those of isA
    is_a, used_for = (
        list(run.intentions.filter(relation=relation).order_by("-pk").values_list("pk", flat=True))
        for relation in ("isA", "usedFor")
    )
    assert shown(as_researcher, relation="isA") == is_a
    assert shown(as_researcher, verdict="rejected") == used_for
    assert shown(as_researcher, p_from=0.5) == is_a
    assert shown(as_researcher, p_from=0.1, p_to=0.3) == used_for
    assert shown(as_researcher, relation="isA", verdict="rejected") == []
    assert len(shown(as_researcher, run=run.name)) == 6


def test_the_rows_of_a_pair_stand_together(as_researcher: Client) -> None:
    run = finished_run(2)  # 2 co-buys x 2 relations, by turns in order of their ids
    pairs = as_researcher.get(KNOWLEDGE).context["pairs"]
    assert [len(pair["rows"]) for pair in pairs] == [2, 2]
    assert {pair["id"] for pair in pairs} == set(run.cobuys.values_list("cobuy_id", flat=True))
    assert [pair["n_kept"] for pair in pairs] == [1, 1]  # of isA and usedFor, isA


def test_the_strictness_is_applied_when_reading(as_researcher: Client) -> None:
    finished_run(3)
    Run.objects.update(strictness=0.1)
    assert len(shown(as_researcher, verdict="kept")) == 6


def test_intentions_without_a_verdict_are_neither_kept_nor_rejected(as_researcher: Client) -> None:
    (bare,) = add(finished_run(3), 1)
    assert shown(as_researcher, verdict="none") == [bare.pk]
    assert len(shown(as_researcher, verdict="kept")) == len(shown(as_researcher, verdict="rejected")) == 3


def test_a_category_with_odd_signs_is_searched_for_as_it_is(as_researcher: Client) -> None:
    run = finished_run(2)
    odd = "Men's \\ 'Shoes' & !Boots"
    product = run.cobuys.first().cobuy.a
    Product.objects.filter(pk=product.pk).update(category=odd)
    assert {row.cobuy.a_id for row in Intention.objects.filter(pk__in=shown(as_researcher, category=odd))} == {
        product.pk
    }
    assert shown(as_researcher, category="Men") == []


def test_the_label_is_that_of_the_majority(as_researcher: Client) -> None:
    made = study(items=4, overlap=2)
    yes, no, tie, rest = made.items.order_by("pk")
    rate_all(
        made, {yes.pk: [(1, 2), (1, 2)], no.pk: [(0, 0), (0, 0)], tie.pk: [(1, 2), (0, 0)], rest.pk: [(1, 2), (1, 2)]}
    )
    Judgment.objects.filter(item=rest).delete()
    assert shown(as_researcher, label="plausible") == [yes.intention_id]
    assert shown(as_researcher, label="implausible") == [no.intention_id]
    assert set(shown(as_researcher, label="judged")) == {item.intention_id for item in (yes, no, tie)}
    assert len(shown(as_researcher, label="none")) == 6 - 3


def test_judgments_of_programs_and_excluded_people_are_no_label(as_researcher: Client) -> None:
    made = study(items=4, overlap=2)
    judge(participant(made))
    made.participants.update(state=Participant.State.EXCLUDED)
    assert shown(as_researcher, label="judged") == []
    made.participants.update(state=Participant.State.ACTIVE)
    type(made).objects.update(simulated=True)
    assert shown(as_researcher, label="judged") == []


def test_pages_go_on_where_the_last_one_ended() -> None:
    rows = add(finished_run(1), 2 * PAGE + 3, "Against rain")
    search, keys = KnowledgeSearch(words="rain"), [row.pk for row in reversed(rows)]
    first = search.find(Keyset()).page
    second = search.find(Keyset(after=first.next)).page
    third = search.find(Keyset(after=second.next)).page
    assert (first.keys, second.keys, third.keys) == (keys[:PAGE], keys[PAGE:-3], keys[-3:])
    assert third.next is None
    assert search.find(Keyset(before=second.previous)).page.keys == first.keys


FAR = 10_000 + 9 * BLOCK  # so many blocks newer than what `add` gives by itself


def test_a_search_passes_over_empty_blocks() -> None:
    run = finished_run(1, relations="isA")
    (old,), (new,) = add(run, 1, "Spring rain"), add(run, 1, "Autumn rain", first=FAR)
    assert found(words="spring") == [old.pk]
    assert found(words="rain", relation="can", verdict="none") == [new.pk, old.pk]
    assert found(p_from=0.5) == [run.intentions.get(relation="isA").pk]
    search = KnowledgeSearch(words="rain")
    assert search.find(Keyset(before=old.pk)).page.keys == [new.pk, old.pk]  # fewer newer ones than a page: the first
    assert search.find(Keyset(after=new.pk)).page.keys == [old.pk]


def test_words_that_are_rare_only_among_the_newest_are_found_in_order() -> None:
    run = finished_run(1)
    old = add(run, FEW + 1, "Against rain")
    add(run, 1, "Against sun", first=FAR)
    assert found(words="rain") == [row.pk for row in old[: -PAGE - 1 : -1]]
    assert found(words="rain", verdict="kept") == []


def test_a_slow_search_says_how_far_it_came_and_goes_on_from_there() -> None:
    run = finished_run(1)
    (old,), (new,) = add(run, 1, "Like spring rain"), add(run, 1, "Like spring rain", first=FAR)
    search = KnowledgeSearch(words='"spring rain"')
    cut = search.find(Keyset(), seconds=0)
    assert (cut.page.keys, cut.sense, cut.count) == ([new.pk], "at least", 1)
    assert cut.stopped_at == cut.page.next == (new.pk // BLOCK - FIRST_BLOCKS + 1) * BLOCK
    assert search.find(Keyset(after=cut.page.next)).page.keys == [old.pk]


def test_places_beyond_both_ends_are_at_the_ends() -> None:
    run = finished_run(1)
    keys = [*run.intentions.order_by("-pk").values_list("pk", flat=True)]
    for place in (Keyset(after=2**63 - 1), Keyset(before=2**63 - 1), Keyset(before=1)):
        assert KnowledgeSearch().find(place, seconds=0).page.keys == keys
    assert KnowledgeSearch().find(Keyset(after=1)).page.keys == []


def test_counting_stops(as_researcher: Client) -> None:
    add(finished_run(1), COUNTED + 1, "Against rain")
    assert "More than 1,000 intentions" in as_researcher.get(KNOWLEDGE, {"q": "rain"}).content.decode()
    assert "2 intentions" in as_researcher.get(KNOWLEDGE, {"q": "-rain"}).content.decode()


def test_words_that_are_too_common_are_named(as_researcher: Client) -> None:
    finished_run(1)
    assert "Add a word that says more" in as_researcher.get(KNOWLEDGE, {"q": "the of"}).content.decode()


@pytest.mark.parametrize("query", ["'", "\\", '"', "a:*", "(((", "!", "& |", "<->", "relation=usedFor", "-", "ü" * 200])
def test_any_words_are_a_search(as_researcher: Client, query: str) -> None:
    finished_run(1)
    assert as_researcher.get(KNOWLEDGE, {"q": query}).status_code == 200


BAD = {"relation": "x", "run": "no such", "label": "x", "p_from": "2", "p_to": "nan", "after": "x", "before": 2**63}


@pytest.mark.parametrize("asked", [*([name, value] for name, value in BAD.items()), ["q", "\0"]])
def test_what_cannot_be_read_is_named(as_researcher: Client, asked: list) -> None:
    answer = as_researcher.get(KNOWLEDGE, [asked])
    assert answer.status_code == 400
    assert f"{asked[0]} = " in answer.content.decode()


def test_a_range_upside_down_is_named(as_researcher: Client) -> None:
    answer = as_researcher.get(KNOWLEDGE, {"p_from": "0.9", "p_to": "0.1"})
    assert "it is under p_from; exchange the two." in answer.content.decode()


def test_an_empty_knowledge_base_says_what_to_do(as_researcher: Client) -> None:
    answer = as_researcher.get(KNOWLEDGE).content.decode()
    assert "There is no intention yet" in answer
    assert "Nothing fits" in as_researcher.get(KNOWLEDGE, {"q": "rain"}).content.decode()


def test_htmx_puts_only_what_was_asked_into_the_address(as_researcher: Client) -> None:
    answer = as_researcher.get(KNOWLEDGE, {"q": "rain", "relation": "", "label": "judged"}, headers=HTMX)
    assert answer["HX-Push-Url"] == f"{KNOWLEDGE}?q=rain&label=judged"


def test_an_intention_shows_all_of_the_pipelines_side(as_researcher: Client) -> None:
    run = finished_run(1)
    show_pictures()
    intention, other = run.intentions.order_by("pk")
    feature = Feature.objects.create(key="k", product=intention.cobuy.a, text="A sturdy thing.", raw_reply="raw words")
    RunProduct.objects.filter(run=run, product=intention.cobuy.a).update(feature=feature)
    page = as_researcher.get(page_of(intention)).content.decode()
    for said in ("Secret reason 0.", "p(yes) 0.900", "strictness of 0.5", "A sturdy thing.", "raw words", "used for"):
        assert said in page
    assert page.count("Picture of Product") == 2
    assert other.text in page and page_of(other) in page
    assert "baseline: rules on titles and pixels, no model" in page


def test_an_imported_intention_is_named_so(as_researcher: Client) -> None:
    run = finished_run(1)
    Run.objects.update(backend="imported", model="GPT")
    Verdict.objects.all().delete()
    page = as_researcher.get(page_of(run.intentions.first())).content.decode()
    assert "imported, made elsewhere by GPT" in page
    assert "It was imported without one" in page


def test_an_intention_shows_its_judgments_by_pseudonym(as_researcher: Client) -> None:
    made = study(items=1, overlap=2)
    first, second = participant(made, "ann-1"), participant(made, "ann-2")
    judge(first, 1, 2)
    judge(second, 0, 0, right=False)
    Judgment.objects.filter(participant=second).update(comment="Not <b>these</b>")
    type(second).objects.filter(pk=second.pk).update(state=Participant.State.EXCLUDED)
    page = as_researcher.get(page_of(made.items.get().intention)).content.decode()
    assert first.pseudonym in page and "ann-1" not in page
    assert "Not &lt;b&gt;these&lt;/b&gt;" in page
    assert page.count("excluded, does not count") == 1
    assert "plausible: 1 of 1 say plausible" in page


def test_texts_come_out_inert(as_researcher: Client) -> None:
    intention = finished_run(1, relations="isA").intentions.get()
    evil = "<script>alert(1)</script>{{ 7|add:7 }}"
    Intention.objects.update(text=evil, raw_reply=evil)
    Product.objects.update(title=evil, category=evil)
    Verdict.objects.update(reason=evil, raw_reply=evil)
    for page in (KNOWLEDGE, f"{KNOWLEDGE}?q=script&category=%3Cscript%3E", page_of(intention)):
        assert "<script>alert" not in as_researcher.get(page).content.decode()


def test_an_intention_that_is_not_there(as_researcher: Client) -> None:
    assert as_researcher.get(f"{KNOWLEDGE}0/").status_code == 404
    assert as_researcher.get(f"{KNOWLEDGE}{2**70}/").status_code == 404
