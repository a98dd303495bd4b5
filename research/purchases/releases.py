"""When models came out: one that came after the date may have read the purchases that it is to predict."""

from datetime import date

from distillation.models import Run

# By how names begin, after the part before the last slash; as published with the weights. The longest that fits counts.
RELEASED = {
    "llava-1.5": date(2023, 10, 5),
    "llava-v1.5": date(2023, 10, 5),
    "llava-v1.6": date(2024, 1, 30),
    "llava-onevision": date(2024, 8, 6),
    "qwen2-vl": date(2024, 8, 29),
    "qwen2.5-vl": date(2025, 1, 26),
    "internvl2": date(2024, 7, 4),
    "pixtral-12b": date(2024, 9, 11),
    "llama-3.2": date(2024, 9, 25),
    "gpt-4o": date(2024, 5, 13),
}


def released(model: str) -> date | None:
    """None: not known here."""
    name = model.rpartition("/")[2].lower()
    fitting = [known for known in RELEASED if name.startswith(known)]
    return RELEASED[max(fitting, key=len)] if fitting else None


def release_words(run: Run, until: date, given: date | None = None) -> str:
    """Empty where the model can't have read what came after."""
    if run.is_baseline:
        return ""
    day = given or released(run.model)
    if day is None:
        return f"When {run.model} came out is not known: give --model-released DAY, for it may have read the purchases."
    if day <= until:
        return ""
    return f"{run.model} came out on {day:%-d %B %Y}, after the date: it may have read the purchases it is to predict."
