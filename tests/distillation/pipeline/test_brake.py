from distillation.lvlm.base import Failure
from distillation.lvlm.places import Places
from distillation.pipeline.brake import Brake

BAD, OTHER, NO_FEATURES = Failure("bad_request", "broken"), Failure("timeout"), Failure("no_features")


class Watched:
    def __init__(self, planned: int, places: int = 64) -> None:
        self.passed: list[int] = []
        self.places = Places(places)
        self.brake = Brake({"verdicts": planned}, self.places, self.passed.append)
        self.n = 0

    def ended(self, *failures: Failure | None) -> "Watched":
        for failure in failures:
            self.n += 1
            self.brake.add("verdicts", self.n, failure)
        return self


def test_a_third_of_the_calls_in_a_row_is_enough_at_least_5_and_at_most_30():
    for planned, enough in ((3, 5), (18, 18 // 3), (2_500_000, 30)):
        assert not Watched(planned).ended(*[BAD] * (enough - 1)).brake.stopped
        stopped = Watched(planned).ended(*[BAD] * enough).brake.stopped
        assert str(stopped) == f"The last {enough} verdicts failed alike (bad request: broken)"


def test_what_made_it_stop_is_not_written():
    watched = Watched(18).ended(None, *[BAD] * 6, None, BAD)
    watched.brake.end()
    assert watched.passed == [1, 8]  # two answers; the six failures between them are owed again


def test_failures_of_items_are_written_once_calls_that_began_later_have_ended_otherwise():
    watched = Watched(18, places=2).ended(BAD, BAD)
    # Two may have been in flight by then, and say nothing of the fault.
    assert watched.ended(None, None).passed == [3, 4]
    assert watched.ended(None).passed == [3, 4, 1, 2, 5]


def test_the_last_failures_of_a_run_are_written_at_its_end():
    watched = Watched(18).ended(None, BAD, BAD)
    watched.brake.end()
    assert watched.passed == [1, 2, 3]


def test_over_half_of_200_stop_it_though_none_follow_each_other():
    half = Watched(1_000).ended(*[BAD, None] * 100)
    assert not half.brake.stopped
    assert "101 of the last 200" in str(half.ended(BAD, BAD).brake.stopped)


def test_what_fails_for_want_of_features_counts_for_nothing():
    watched = Watched(18).ended(*[NO_FEATURES] * 10)
    assert (watched.brake.stopped, len(watched.passed)) == (None, 10)
    assert watched.ended(BAD, NO_FEATURES).passed == list(range(1, 11))  # held with the failure it follows from


def test_while_calls_fail_no_more_are_made_than_it_takes_to_know():
    watched = Watched(18).ended(BAD, BAD)
    watched.places.taken = 6 - 2
    assert watched.places.full
    assert not watched.ended(None).places.full
