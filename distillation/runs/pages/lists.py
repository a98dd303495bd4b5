"""Beside a run's figures: its latest intentions, its configuration, its row in the list of runs."""

from django.urls import reverse

from common.words import percent
from distillation.catalog.selection import catalog_of
from distillation.models import Intention, Run
from distillation.pipeline.relations import RELATIONS
from distillation.runs.kept import run_kept
from distillation.runs.pages.page import kept_words
from distillation.runs.reports import no_worker, run_ended
from distillation.runs.servers import server_notes
from distillation.treatments.names import TAKEN_AWAY

SHOWN, LOOKED_AT = 6, 200


def latest(run: Run) -> dict:
    newest = _newest(run)[:SHOWN]
    chosen = Intention.objects.select_related("verdict", "cobuy__a__picture", "cobuy__b__picture")
    intentions = chosen.in_bulk(newest)
    return {"newest": max(newest, default=0), "intentions": [_shown(intentions[pk], run) for pk in newest]}


def newer_intentions(run: Run, newest: int) -> dict:
    """How many intentions are newer than the list on the page; the list itself if the page has none yet."""
    if not newest:
        return {"latest": latest(run)}
    n = sum(pk > newest for pk in _newest(run))
    return {"n_new": f"{n}+" if n == LOOKED_AT else n}


def _newest(run: Run) -> list[int]:
    """Co-buys are taken up in the order of their ids, which has an index for each run; what was made last has none."""
    awaits = run.is_filtered and not run.is_imported
    ended = run.intentions.filter(verdict__isnull=False) if awaits else run.intentions.all()
    return sorted(ended.order_by("-cobuy").values_list("pk", flat=True)[:LOOKED_AT], reverse=True)


def _shown(intention: Intention, run: Run) -> dict:
    products, verdict = (intention.cobuy.a, intention.cobuy.b), getattr(intention, "verdict", None)
    return {
        "titles": [product.title for product in products],
        "pictures": [product.picture for product in products],
        "relation_words": intention.relation_words,
        "text": intention.text,
        "made_at": intention.created_at,
        "kept": verdict.kept(run.strictness) if verdict else None,
        "percent": "" if verdict is None or verdict.p_yes is None else f"{100 * verdict.p_yes:.0f}",
    }


def kept_at(run: Run, strictness: float) -> dict:
    kept = run_kept(run, strictness, verdicts=run_ended(run)[0])
    if not run.is_filtered:
        return {
            "strictness": strictness,
            "words": "No filter was asked: all count as kept.",
        }
    words = "Servers of this run gave no probabilities: the plain yes or no decides, whatever the strictness."
    useless = kept.verdicts and kept.without_p == kept.verdicts
    share = f"{percent(kept.share)} kept ({kept_words(kept)})" if kept.verdicts else "no verdict yet"
    return {"strictness": strictness, "words": words if useless else share}


def run_row(run: Run) -> dict:
    verdicts, units = run_ended(run)
    return {
        "run": run,
        "units": units,
        "verdicts": verdicts,
        "kept_text": percent(run_kept(run, run.strictness, verdicts=verdicts).share),
        "percent": 100 * verdicts / units if units and not run.is_imported else 100.0,
        "url": reverse("run-detail", args=[run.name]),
        "message": no_worker(run) or run.message,
        "alarms": run.alarms.all(),
    }


def config_rows(run: Run) -> list[tuple[str, str]]:
    config = run.config
    words = [RELATIONS[code].words for code in config["relations"]]
    rows = [
        ("Backend", "baseline: rules on titles and pixels, no model" if run.is_baseline else run.backend),
        ("Model", run.model),
        ("Relations", f"{len(words)}: {', '.join(words)}"),
        ("Intentions for each relation", str(config["samples"])),
        ("Pictures", _pictures_words(config)),
        ("Co-buys", _cobuys_words(run)),
        ("Prompts", _prompts_words(config)),
        ("Filter", _filter_words(run)),
        ("Sampling", f"temperature {config['temperature']}, at most {config['max_tokens']} tokens"),
    ]
    rows += [("Model servers", note) for note in server_notes(run.servers)]
    return [row for row in rows if row[0] not in _UNKNOWN.get(run.backend, ())]


# What rules do not have, and what is not known of intentions made elsewhere.
_UNKNOWN = {
    "baseline": ("Sampling", "Prompts"),
    "imported": ("Sampling", "Prompts", "Filter", "Pictures", "Model servers", "Intentions for each relation"),
}


def _prompts_words(config: dict) -> str:
    own = ", written in the browser and kept with the run" if config.get("prompt_texts") else ""
    return f"{config['prompt_version']} ({config['prompt_digest'][:12]}){own}"


def _cobuys_words(run: Run) -> str:
    number = f"the first {run.config['limit']:,}" if run.config["limit"] else "all"
    words = catalog_of(run).words
    return f"{number} of {words}" if words else number


def _pictures_words(config: dict) -> str:
    if not config["with_images"]:
        return "not shown"
    if (treatment := config.get("pictures", "as-is")) != "as-is":
        return f"shown to the model after {treatment}: takes away {TAKEN_AWAY.get(treatment, 'something')}"
    return "both side by side on one canvas" if config.get("side_by_side") else "shown to the model"


def _filter_words(run: Run) -> str:
    if not run.is_filtered:
        return "none is asked: all intentions count as kept"
    config = run.config
    who = config.get("filter_model") or "the same model"
    at = f" at {', '.join(config['filter_base_urls'])}" if config.get("filter_base_urls") else ""
    wording = f"in the words of {config['filter']}" if config.get("filter") else "in the prompts' own words"
    return f"{who}{at}, {wording}"
