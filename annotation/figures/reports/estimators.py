"""By which estimator each figure of a report was made, in words: where p(yes) helped it says so, and where not, why."""

from annotation.figures.numbers import Figures
from annotation.figures.words import large
from annotation.models import Study
from stats.survey.assisted import Assisted

HEAD = ("Figure", "Estimator", "Interval")
HAJEK, OF_COMPLETE = "Hájek ratio, items weighted by 1/π", "the majority of complete items, ties one half"
WILSON = "Wilson at the effective size, Student’s t; by a score test over strata where one shows no variance"
OF_PANELS = "the majority of as many people like them as an item has, of complete items"
TWO_WAYS = "items and annotators both as sampling units: two-way clustered variance"
LATENT = "Dawid and Skene’s model of annotators, by EM with a prior; items weighted 1/π"
RESAMPLED = (
    "items resampled with a prior for rare answers; from 2,000 items with a rare answer on the linearised variance"
)
ASSISTED = {
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "false_rejection_rate": "False rejections",
}


def estimators(study: Study, figures: Figures) -> list[tuple[str, str, str]]:
    shares = [(each.short, _by_p_yes(figures.assisted[each.name]), WILSON) for each in study.questions]
    of_filter = [
        (title, f"against {OF_COMPLETE}: {_by_p_yes(figures.assisted[name])}", WILSON)
        for name, title in ASSISTED.items()
    ]
    return [
        *shares,
        ("People like them", HAJEK, TWO_WAYS),
        ("The filter, for people like them", f"against {OF_PANELS}: {HAJEK}", TWO_WAYS),
        ("Agreement", "Fleiss κ, Krippendorff α, Gwet AC1 and AC2", RESAMPLED),
        *of_filter,
        ("Specificity, F1, MCC", f"against {OF_COMPLETE}: {HAJEK}", "as accuracy; MCC on Fisher’s scale"),
        ("Human ceiling", "each annotator against the majority of the others", "items as sampling units, paired"),
        ("Against the latent truth", LATENT, "items resampled, the model fitted anew to each"),
        ("By relation", f"{HAJEK}, within the relation; by p(yes) too where that helps", WILSON),
        ("Kept share", "counted over the run", "none, as it is known"),
    ]


def _by_p_yes(of: Assisted) -> str:
    if of.figure.value is None:
        return HAJEK
    if of.fallback or not of.counts_like:
        return f"{HAJEK}; without p(yes){f', as {of.fallback}' if of.fallback else ''}"
    like = f"{large(of.figure.n)} items count like {large(round(of.counts_like))}"
    return f"regression on p(yes) of the whole run (GREG; over the unjudged PPI++): {like}"
