"""Parts of the design's form that are folded, as what they propose is good: open where somebody chose otherwise."""

from django import forms

FOLDED = {
    "draw": ("allocation", "stated", "seed", "strata"),
    "wanted": ("want_width", "want_difference", "plan_figure", "plan_items", "plan_width"),
    "next": ("order", "lease_minutes", "cap"),
    "told": ("terms", "consent", "demographics", "seen"),
    "words": (
        "preset", "plausibility", "plausibility_answers", "typicality", "typicality_answers", "typical_answers",
        "typicality_after_yes",
    ),
    "qualification": ("gold", "qualification_items", "qualification_pass", "qualification_tries"),
    "repeats": ("repeat_percent", "repeat_distance", "extra_votes"),
    "rules": (
        "gold_below", "gold_least", "repeats_below", "repeats_least", "agreement_below", "agreement_least",
        "fast_above", "fast_seconds", "fast_least", "line_from", "alarm_above",
    ),
}  # fmt: skip
NEVER_TELLS = ("seed",)  # it is drawn anew for each form


def folds(form: forms.Form) -> dict[str, bool]:
    """By part, whether it stands open."""
    return {part: any(_differs(form, name) for name in names) for part, names in FOLDED.items()}


def _differs(form: forms.Form, name: str) -> bool:
    if name not in form.fields:
        return False
    if name in form.errors:
        return True
    proposed, said = form.fields[name].initial, form[name].value()
    return name not in NEVER_TELLS and _text(said) != _text(proposed)


def _text(value: object) -> str:
    """Numbers alike, however they came; what is empty is empty in every kind of field."""
    try:
        return f"{float(value):g}"  # type: ignore[arg-type]  # what is no number is taken as text
    except (TypeError, ValueError):
        return str(value or "").replace("\r", "")
