"""When models came out: one that came after the date may have read the purchases that it is to predict."""

import re
from datetime import date

from common.words import day_words
from distillation.models import Run

# Whole names, in small letters, without what stands before the last slash: a name with more to it may be somebody's own
# training of later. The days are those that the makers tell, in: the READMEs of haotian-liu/LLaVA, LLaVA-VL/LLaVA-NeXT,
# QwenLM/Qwen2.5-VL and OpenGVLab/InternVL, the model cards of Llama 3.2, the upload of Pixtral's weights to the hub.
RELEASED = {
    r"llava-(v)?1\.5-(7|13)b(-hf)?": date(2023, 10, 5),
    r"llava-v1\.6-(vicuna-7b|vicuna-13b|mistral-7b|34b)(-hf)?": date(2024, 1, 30),
    r"llava-onevision-qwen2-(0\.5|7|72)b-(si|ov)(-hf)?": date(2024, 8, 6),
    r"qwen2-vl-(2|7)b-instruct": date(2024, 8, 30),
    r"qwen2-vl-72b-instruct": date(2024, 9, 19),
    r"qwen2\.5-vl-(3|7|72)b-instruct": date(2025, 1, 28),
    r"qwen2\.5-vl-32b-instruct": date(2025, 3, 25),
    r"internvl2-(1|2|4|8|26|40)b": date(2024, 7, 4),
    r"pixtral-12b-2409": date(2024, 9, 11),
    r"llama-3\.2-(11|90)b-vision(-instruct)?": date(2024, 9, 25),
}
IN_THE_NAME = re.compile(r"gpt-.*-(20\d\d-\d\d-\d\d)")  # of a snapshot: a name without a day moves on


def released(model: str) -> date | None:
    """None: not known here."""
    name = model.rpartition("/")[2].lower()
    if told := IN_THE_NAME.fullmatch(name):
        return _day(told[1])
    return next((day for known, day in RELEASED.items() if re.fullmatch(known, name)), None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def release_words(run: Run, until: date, given: date | None = None) -> str:
    """Empty where the model can't have read what came after."""
    if run.is_baseline:
        return ""
    day = given or released(run.model)
    if day is None:
        return f"When {run.model} came out is not known: give --model-released DAY, for it may have read the purchases."
    if day <= until:
        return ""
    told = "as was told" if given else "as its makers say"
    return f"{run.model} came out on {day_words(day)}, {told}, after the date: it may have read what it is to predict."
