"""Parts of a new run's form: a copy of a version to be edited, the whole prompt for a sample pair, a try on three."""

from dataclasses import replace
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from accounts.access import PersonRequest, researcher_required
from distillation.lvlm.base import Image, Request
from distillation.pipeline.options import Options
from distillation.pipeline.prompts import PromptError
from distillation.pipeline.records import PairRecord
from distillation.pipeline.relations import RELATIONS, parse_relations
from distillation.pipeline.render import describe_request, intend_request, judge_request
from distillation.pipeline.steps import seen, seen_pair
from distillation.pipeline.trial import trial_pair
from distillation.prompts.forms import TEXTS
from distillation.prompts.stored import OWN, prompts_version
from distillation.runs.pages.forms import RunForm
from distillation.runs.pages.settings import run_settings
from distillation.runs.pages.trying import COBUYS, WAITS_S, Sampled, pairs_sample, prompts_try
from distillation.runs.services import RunRefused

STEP_1, STEP_2 = "(what step 1 says of this product)", "(what step 2 says)"
WHO_ANSWERS = frozenset({"backend", "base_urls"})
BUSY = "Another try of yours is under way: wait for its answers"


@require_POST
@researcher_required
def prompts_copy(request: HttpRequest) -> HttpResponse:
    """The part of the form again, with the chosen version's words to be changed."""
    chosen = request.POST.get("prompts", "")
    posted = request.POST.dict()
    if chosen != OWN:
        try:
            texts = prompts_version(chosen or "mind-1").texts
        except PromptError as error:
            return render(request, "runs/_prompt_shown.html", {"problem": str(error)}, status=422)
        posted |= {f"prompt_{name}": text for name, text in texts.items()}
        posted["prompts"] = OWN
        posted["prompts_name"] = f"{chosen}-mine"
    form = RunForm(initial=posted)
    return render(request, "runs/_prompts.html", {"form": form})


@require_POST
@researcher_required
def prompts_preview(request: HttpRequest) -> HttpResponse:
    form = _filled(request)
    try:
        config = _config(form, besides=WHO_ANSWERS)
        pair = next((each.pair for each in _sample(form, config) if each.pair), trial_pair())
        steps = _steps(pair, _relations(form)[0], Options.from_config(config))
    except (RunRefused, PromptError) as error:
        return render(request, "runs/_prompt_shown.html", {"problem": str(error)}, status=422)
    return render(request, "runs/_prompt_shown.html", {"steps": steps})


@require_POST
@researcher_required
def prompts_trial(request: PersonRequest) -> HttpResponse:
    """Holds a web process while it is answered, so one at a time of each person."""
    form, busy = _filled(request), f"prompts-try-{request.user.pk}"
    if not cache.add(busy, True, WAITS_S + 30):
        return render(request, "runs/_tried.html", {"problem": BUSY}, status=422)
    try:
        config = _config(form)
        asked = form.cleaned_data
        tried = prompts_try(
            backend=asked.get("backend", ""),
            model=asked.get("model", ""),
            base_urls=asked.get("base_urls", []),
            config=config,
            sampled=_sample(form, config),
            relations=_relations(form),
        )
    except (RunRefused, PromptError) as error:
        return render(request, "runs/_tried.html", {"problem": str(error)}, status=422)
    finally:
        cache.delete(busy)
    rows = [(each, RELATIONS[each.relation].words) for each in tried]
    return render(request, "runs/_tried.html", {"rows": rows, "model": asked.get("model", "")})


def _filled(request: HttpRequest) -> RunForm:
    """Whatever else is still missing in the form, such as a name."""
    form = RunForm(request.POST)
    form.full_clean()
    return form


def _config(form: RunForm, besides: frozenset[str] = frozenset()) -> dict[str, Any]:
    """`besides`: fields that it does not hang on."""
    asked = {
        *WHO_ANSWERS - besides,
        "imports",
        "since",
        "until",
        "prompts",
        *(f"prompt_{name}" for name in TEXTS),
        *form.settings_asked,
    }
    if problems := [f"{form[name].label}: {form.errors[name][0]}" for name in asked & form.errors.keys()]:
        raise RunRefused(" ".join(sorted(problems)))
    if form.non_field_errors():  # the co-buys that are chosen
        raise RunRefused(" ".join(map(str, form.non_field_errors())))
    return run_settings(form).as_config()


def _sample(form: RunForm, config: dict[str, Any]) -> list[Sampled]:
    return pairs_sample(form.catalog, COBUYS, with_images=config["with_images"], treatment=config["pictures"])


def _relations(form: RunForm) -> tuple[str, ...]:
    if form.cleaned_data.get("preset") == "chosen" and not form.cleaned_data.get("chosen"):
        raise RunRefused("Choose at least one relation")
    return parse_relations(form.relations)


def _steps(pair: PairRecord, relation: str, options: Options) -> list[tuple[str, str, list[str]]]:
    """(step, text to the system, what follows) of each, as it is sent; a picture is named in brackets."""
    a, b = (replace(each, feature=each.feature or STEP_1) for each in (pair.a, pair.b))
    shown = seen_pair(PairRecord(a, b), options)
    asked = [
        ("Step 1, of product A", describe_request(seen(pair.a, options), options)),
        (f"Step 2, under “{RELATIONS[relation].words}”", intend_request(shown, relation, options, sample=0)),
    ]
    if options.with_filter:
        asked.append(("Step 3, the filter", judge_request(shown, relation, STEP_2, options)))
    return [(step, request.system, _parts(request)) for step, request in asked]


def _parts(request: Request) -> list[str]:
    pictures, parts = 0, []
    for part in request.parts:
        pictures += isinstance(part, Image)
        parts.append(f"[picture {pictures}]" if isinstance(part, Image) else part.text)
    return parts
