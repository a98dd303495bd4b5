"""The methods of a report in words. Each sentence follows from a fact of the study; what is not known is not said."""

from annotation.figures.reports.facts import IMPORTED, NAMED, Facts, Pictures, RunFacts
from annotation.figures.words import percent
from annotation.models import Skip, Study
from common.words import day_words, median_words
from distillation.catalog.selection import CatalogSelection


def methods(study: Study, facts: Facts, chances: int) -> list[str]:
    """Paragraphs."""
    parts = [
        _sample(study, facts, chances),
        _plan(study, facts),
        _recruited(facts),
        _asked(study, facts),
        _checked(study, facts),
        _judged(study, facts),
    ]
    return [part for part in parts if part]


def _sample(study: Study, facts: Facts, chances: int) -> str:
    runs = ", ".join(f"{run.name} ({_made(run)})" for run in facts.runs)
    how = f", stratified by {' and '.join(study.strata)}" if study.strata else ""
    paired = ", the same co-buys and relations from each run" if study.paired else ""
    chosen = CatalogSelection.of_config(study.catalog).words
    of, whole = (f", for the co-buys of {chosen}", "all of these") if chosen else ("", "the whole run")
    weights = "Each had its own known chance of being drawn" if chances > 1 else "All had the same chance"
    return (
        f"{study.n_items:,} purchase intentions were drawn at random{how}{paired} from those of {runs}{of} "
        f"(seed {study.seed}). {weights}; figures are weighted by its inverse and speak of {whole}."
    )


def _made(run: RunFacts) -> str:
    if run.backend in NAMED:
        return NAMED[run.backend]
    if run.backend == IMPORTED:
        return f"made elsewhere: {run.model}"
    return f"{run.model}, shown {'titles and pictures' if run.model_saw_pictures else 'titles only'}"


def _plan(study: Study, facts: Facts) -> str:
    plan = facts.plan
    if plan is None:
        return "No plan was fixed before the first judgment."
    judged = facts.response.complete + facts.response.some
    deviations = []
    if judged < plan.items:
        so_far = "" if study.state == study.State.CLOSED else " so far"
        deviations.append(f"{judged:,} of the planned {plan.items:,} items have been judged{so_far}")
    if judged > plan.items:
        deviations.append(f"{judged:,} items were judged, not {plan.items:,}")
    if facts.changes:
        deviations.append(f"the protocol was changed after the first judgment ({_days(facts)})")
    return (
        f"Planned before the first judgment, on {plan.fixed_at:%Y-%m-%d at %H:%M} UTC: {plan.words}. "
        f"{'Deviations: ' + '; '.join(deviations) if deviations else 'It was kept to'}."
    )


def _days(facts: Facts) -> str:
    return ", ".join(f"version {number} on {at:%Y-%m-%d}" for number, at in enumerate(facts.changes, 2))


def _recruited(facts: Facts) -> str:
    who = facts.recruitment
    groups = ", ".join(f"{name} ({n:,} people)" for name, n in who.groups.items())
    said = [f"Open to the groups {groups}." if groups else "Open to every annotator."]
    said += [f"{n:,} came by {kind} link." for kind, n in sorted(who.links.items())]
    said += [f"{n:,} of those who judged were sent by {platform}." for platform, n in sorted(who.crowd.items())]
    return " ".join(said)


def _asked(study: Study, facts: Facts) -> str:
    asked = " ".join(
        f"“{question.text}” ({', '.join(option.label for option in question.options)})" for question in study.questions
    )
    after = " Typicality was asked only of what was found plausible." if study.typicality_after_yes else ""
    audit = (
        f" After {percent(study.audit_share, 0)} of the judgments the verdict was shown and its correctness asked."
        if study.audit_share
        else " The filter's verdict was never shown."
    )
    return (
        f"{study.overlap} annotators were wanted for each intention. They saw {_saw(facts.pictures)}, left and right "
        f"at random, and were asked: {asked}.{after} Ratings were frozen before anything of the filter's verdict, the "
        f"model or other annotators was shown.{audit} Protocol version {study.version}; the guidelines stand below."
    )


def _saw(pictures: Pictures) -> str:
    """As the products have them when the report is written."""
    n = pictures.both + pictures.one + pictures.none
    if pictures.both == n:
        return "pictures and titles of both products"
    if pictures.none == n:
        return "the titles of both products, without any picture"
    return (
        f"the titles of both products, for {pictures.both:,} intentions with both pictures, for {pictures.one:,} with "
        f"one and for {pictures.none:,} with none"
    )


def _checked(study: Study, facts: Facts) -> str:
    checks, said = facts.checks, []
    if checks.qualification_items:
        said.append(
            f"To begin, {checks.qualification_pass} of {checks.qualification_items} gold items had to be right within "
            f"{checks.qualification_tries} tr{'y' if checks.qualification_tries == 1 else 'ies'}: {checks.qualified:,} "
            f"qualified, {checks.not_qualified:,} did not."
        )
    else:
        said.append("There was no qualification.")
    gold = f"{checks.gold_answers:,} answers were given on {checks.gold_items:,} gold items"
    said.append(f"{gold}; they are in no figure." if checks.gold_items else "There were no gold items.")
    if checks.repeat_share or checks.repeats:
        said.append(f"{checks.repeats:,} items were shown again to the same person, unannounced.")
    else:
        said.append("No item was repeated.")
    if checks.extra_votes or checks.extra_given:
        said.append(
            f"Items over which people were split after their quota could get up to {checks.extra_votes} extra votes, "
            f"where these were worth most; {checks.extra_given:,} were given, and only the latent truth counts them."
        )
    rules = ", ".join(name for name in checks.rules if name != "alarm")
    said.append(f"Annotators were paused by the rules {rules}." if rules else "No rule paused annotators.")
    return " ".join(said)


def _judged(study: Study, facts: Facts) -> str:
    times, response = facts.times, facts.response
    if facts.first is None or facts.last is None or times.median is None:
        return "Nothing has been judged yet."
    skipped = sum(response.skips.values())
    alike = "; figures speak as if those without were like the others of their stratum with a similar p(yes)"
    unjudged = alike if response.none else ""
    why = ", ".join(f"{Skip.Reason(reason).label} {n:,}" for reason, n in response.skips.items())
    return (
        f"Judged from {day_words(facts.first)} to {day_words(facts.last)}, in {median_words(times.median)} of active "
        f"time a judgment (median; the middle half {times.lower:.0f} to {times.upper:.0f} s). Of {response.items:,} "
        f"items {response.complete:,} have all judgments, {response.some:,} some and {response.none:,} none{unjudged}. "
        f"{skipped:,} times an item was skipped{f' ({why})' if why else ''}."
    )
