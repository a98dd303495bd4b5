import numpy as np
import pytest

from benchmarks.purchases.worlds import world
from research.ranking.designs import Catalog, Event, Intentions, Query, Told, arms_of, leak, queries_draw
from research.ranking.figures import rank_difference, ranking_figures, resampled
from research.ranking.rankers import Bm25, Embedded, Hybrid, Index, QueryText, TfIdf, rank_of_first
from research.ranking.results import leak_of, trial_results
from research.ranking.words import alike, only_in, without, words

TITLES = ["red camping tent", "blue camping stove", "office chair", "camping chair red"]


def test_tf_idf_is_the_cosine_of_weighted_words() -> None:
    scores = TfIdf(Index(TITLES)).scores(QueryText("camping tent"), np.arange(4))
    # idf = ln(5/(df + 1)): camping ln(5/4), tent ln(5/2), red ln(5/3); query and first title by hand.
    camping, tent, red = np.log([5 / 4, 5 / 2, 5 / 3])
    query, first = np.hypot(camping, tent), np.sqrt(camping**2 + tent**2 + red**2)
    assert scores[0] == pytest.approx((camping**2 + tent**2) / (query * first))
    assert scores[2] == 0 and scores.argmax() == 0


def test_bm25_is_that_of_robertson_and_zaragoza() -> None:
    scores = Bm25(Index(TITLES)).scores(QueryText("chair"), np.arange(4))
    # "chair" is in 2 of 4 titles: idf = ln(1 + 2.5/2.5); lengths 3, 3, 2, 3 with mean 2.75; k1 1.2, b .75.
    expected = np.log(2) * 2.2 / (1 + 1.2 * (0.25 + 0.75 * np.array([2, 3]) / 2.75))
    assert scores[[2, 3]] == pytest.approx(expected) and scores[0] == scores[1] == 0


def test_what_is_added_has_half_of_the_say_however_long() -> None:
    ranker = TfIdf(Index(TITLES))
    once, often = (ranker.scores(QueryText("office chair", "stove " * n), np.arange(4)) for n in (1, 50))
    assert once == pytest.approx(often)


def test_ties_share_their_places() -> None:
    assert rank_of_first(np.array([1.0, 2.0, 1.0, 0.0])) == 2.5
    assert rank_of_first(np.zeros(100)) == 50.5


def test_the_hybrid_adds_reciprocal_ranks() -> None:
    index = Index(TITLES)
    both, alone = Hybrid(Bm25(index), TfIdf(index)), Bm25(index)
    query = QueryText("red camping tent")
    assert both.scores(query, np.arange(4)).argmax() == alone.scores(query, np.arange(4)).argmax() == 0
    assert both.scores(query, np.arange(4))[0] == pytest.approx(2 / 61)


def test_words_that_only_the_partner_has_are_the_leak() -> None:
    text = "Somebody needs a stove for the camping tent"
    assert only_in(text, "blue camping stove", "red camping tent") == {"stove"}
    assert words(without(text, {"stove"})) == ["need", "camping", "tent"]


def test_near_identical_titles_are_no_wrong_partners() -> None:
    same, other = (frozenset(words(title)) for title in ("red camping tent for two", "red camping tents two"))
    assert alike(same, other)
    catalog = Catalog([*TITLES, "red camping tents"] * 1, ["x"] * 5, [set() for _ in range(5)])
    assert not catalog.is_wrong(Event(2, 0), 4) and catalog.is_wrong(Event(2, 0), 1)


def test_known_partners_are_no_wrong_partners_and_the_category_is_kept() -> None:
    titles, categories = [f"thing{i}" for i in range(60)], ["even" if i % 2 == 0 else "odd" for i in range(60)]
    partners = [{4, 6} if i == 0 else set() for i in range(60)]
    asked = queries_draw(Catalog(titles, categories, partners), [Event(0, 2)], "category", np.random.default_rng(1))
    candidates = asked.queries[0].candidates.tolist()
    assert candidates[0] == 2 and not {0, 4, 6} & set(candidates)
    assert sorted(candidates) == [i for i in range(2, 60, 2) if i not in (4, 6)]


def test_too_few_wrong_partners_leave_a_purchase_out() -> None:
    catalog = Catalog(TITLES, ["x"] * 4, [set() for _ in range(4)])
    asked = queries_draw(catalog, [Event(0, 1)], "random", np.random.default_rng(1))
    assert (asked.queries, sum(asked.left_out.values())) == ([], 1)


def test_strangers_share_the_relation_and_neither_product() -> None:
    told = [Told(0, 1, "isA", "own", True), Told(2, 3, "isA", "foreign", True), Told(2, 3, "usedFor", "other", True),
            Told(1, 3, "isA", "of b", True)]  # fmt: skip
    catalog = Catalog(TITLES, ["x"] * 4, [set() for _ in range(4)])
    arms = {arm.name: arm for arm in arms_of("transfer", catalog, Intentions(told), filtered=True, seed=1)}
    query = Query(0, 1, -1, np.array([1, 2]))
    assert arms["kept"].text(query) == "own"
    assert arms["shuffled"].text(query) == "foreign"
    assert arms["partners"].text(query) == TITLES[1]


def test_one_sided_intentions_speak_of_their_product_alone() -> None:
    intentions = Intentions([Told(0, 1, "isA", "of 0", True)], one_sided=True)
    assert [each.text for each in intentions.chosen(0)] == ["of 0"] and intentions.chosen(1) == []


def test_the_leak_counts_intentions_that_name_the_partner() -> None:
    told = [Told(0, 1, "isA", "they cook on a stove", True), Told(0, 1, "usedFor", "they go out", True)]
    catalog = Catalog(TITLES, ["x"] * 4, [set() for _ in range(4)])
    assert leak(catalog, Intentions(told), [Query(0, 1, -1, np.array([1, 2]))], "naive") == (1, 2)


def test_mrr_and_hits_are_means_over_queries() -> None:
    figures = ranking_figures([1, 2, 20, 4], resampled(np.arange(4), seed=1))
    assert figures["mrr"].value == pytest.approx((1 + 1 / 2 + 1 / 20 + 1 / 4) / 4)
    assert (figures["hits@1"].value, figures["hits@10"].value) == (0.25, 0.75)


def test_queries_of_one_product_do_not_count_as_many() -> None:
    rng = np.random.default_rng(2)
    arm, control = rng.integers(1, 9, 40).astype(float), rng.integers(1, 9, 40).astype(float)
    alone = rank_difference(arm, control, resampled(np.arange(40), seed=3))
    four = [np.repeat(each, 4) for each in (arm, control, np.arange(40))]
    together = rank_difference(*four[:2], resampled(four[2], seed=3))
    assert together.ci95 == pytest.approx(alone.ci95)


def test_of_products_and_customers_the_wider_interval_holds() -> None:
    rng = np.random.default_rng(4)
    customer = np.repeat(np.arange(8), 10)
    values = rng.normal(size=8)[customer]
    products, both = resampled(np.arange(80), seed=5), resampled(np.arange(80), customer, seed=5)
    width = [high - low for low, high in (each.mean(values).ci95 for each in (products, both))]
    assert width[1] > 2 * width[0]


def test_all_of_one_customer_gives_no_interval() -> None:
    found = resampled(np.zeros(5), seed=1).mean(np.arange(5))
    assert (found.value, found.ci95) == (2.0, None) and "one customer" in found.note


@pytest.mark.parametrize(("kind", "said"), [("effect", True), ("none", False), ("leak", False)])
def test_transfer_tells_an_effect_from_none(kind: str, said: bool) -> None:
    """One world each; two hundred are in `benchmarks purchases`."""
    test = world(kind, seed=3, events=400 if said else 150)
    assert trial_results(test, Bm25(Index(test.catalog.titles)))["predicts"] is said


def test_the_naive_design_is_fooled_by_the_leak_and_says_how_much() -> None:
    test = world("leak", seed=3, design="naive")
    found = trial_results(test, Bm25(Index(test.catalog.titles)))
    assert found["predicts"] and leak_of(test)["share"] == 1.0
    assert found["over_title"]["cut"]["ci95"][0] < 0.02  # without the partner's words nothing is left of it


def test_vectors_rank_by_the_mean_of_title_and_what_is_added() -> None:
    vectors = {"a": np.array([1.0, 0.0]), "b": np.array([0.0, 1.0])}
    ranker = Embedded(np.array([[1.0, 0.0], [0.0, 1.0]]), vectors.__getitem__)
    assert ranker.scores(QueryText("a"), np.arange(2)).tolist() == [1.0, 0.0]
    assert ranker.scores(QueryText("a", "b"), np.arange(2)).tolist() == [0.5, 0.5]
