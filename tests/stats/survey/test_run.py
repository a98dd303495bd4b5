import pytest

from stats.survey.run import kept_difference, kept_share, run_totals


def test_kept_share_is_counted():
    figure = kept_share(5259, 7200)
    assert (figure.value, figure.ci95, figure.n) == (5259 / 7200, None, 7200)
    assert figure.as_dict()["note"] == "counted over the whole run, not estimated"


def test_kept_difference_is_counted():
    # 50 of 100 less 30 of 50.
    figure = kept_difference((50, 30), (100, 50))
    assert (figure.value, figure.ci95, figure.n) == (pytest.approx(-0.1), None, 150)


def test_an_empty_run_says_so():
    assert kept_share(0, 0).reason == "the run has no intentions"
    assert kept_difference((1, 0), (2, 0)).reason == "the run has no intentions"


@pytest.mark.parametrize("strata", [None, ["a", "a"], ["a"]])
def test_totals_need_each_stratum_once(strata):
    with pytest.raises(ValueError, match="each stratum's once"):
        run_totals([1, 2], [1, 2], [1, 2], [1, 2], strata=strata)
