"""Runs and pictures."""

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from distillation import reports
from distillation.models import Intention, Picture, Run
from distillation.pipeline.relations import RELATIONS

PICTURE_AGE_S = 31_536_000


@require_safe
@researcher_required
def run_list(request: HttpRequest) -> HttpResponse:
    runs = [_row(run) for run in Run.objects.order_by("-created_at")]
    return render(request, "runs/list.html", {"runs": runs})


@require_safe
@researcher_required
def run_detail(request: HttpRequest, name: str) -> HttpResponse:
    run = get_object_or_404(Run, name=name)
    return render(
        request, "runs/detail.html", {"run": run, "config_rows": _config_rows(run), "progress": _progress(run)}
    )


@require_safe
@researcher_required
def run_progress(request: HttpRequest, name: str) -> HttpResponse:
    """Polled; 204 leaves the page as it is."""
    run = get_object_or_404(Run, name=name)
    if request.GET.get("revision") == reports.run_revision(run):
        return HttpResponse(status=204)
    return render(request, "runs/_progress.html", {"run": run, "progress": _progress(run)})


@require_safe
@login_required
def picture(request: HttpRequest, digest: str, thumbnail: bool = False) -> HttpResponse:
    """Addressed by content, so a browser may keep it for ever; only for who is signed in."""
    stored = get_object_or_404(Picture, digest=digest)
    try:
        file = default_storage.open(stored.thumbnail_name if thumbnail else stored.name)
    except FileNotFoundError as error:
        raise Http404("The picture's file is missing from the store.") from error
    headers = {
        "Cache-Control": f"private, max-age={PICTURE_AGE_S}, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(file, content_type="image/jpeg", headers=headers)


def _row(run: Run) -> dict:
    progress = reports.run_progress(run)
    return {
        "run": run,
        "cobuys": progress.cobuys,
        "intentions": progress.intentions.done,
        "kept_text": _percent(progress.kept_share),
        "percent": progress.verdicts.percent,
        "url": reverse("run-detail", args=[run.name]),
        "message": progress.message,
    }


def _progress(run: Run) -> dict:
    progress = reports.run_progress(run)
    rate = 0.0 if progress.ended else reports.rate_now(run)
    return {
        "revision": reports.run_revision(run),
        "state": run.state,
        "state_words": run.get_state_display(),
        "message": progress.message,
        "steps": progress.steps,
        "rate_text": f"{rate:,.1f} verdicts a second" if rate else "",
        "eta_text": _duration(progress.owed / rate) if rate else "",
        "kept_text": _percent(progress.kept_share),
        "failures": progress.failures,
        "latest": [_latest(intention, run) for intention in _newest(run)],
        "left_out": progress.cobuys_without_pictures,
    }


def _newest(run: Run) -> list[Intention]:
    chosen = run.intentions.filter(verdict__isnull=False).order_by("-pk")
    return list(chosen.select_related("verdict", "cobuy__a__picture", "cobuy__b__picture")[:6])


def _latest(intention: Intention, run: Run) -> dict:
    products = (intention.cobuy.a, intention.cobuy.b)
    return {
        "titles": [product.title for product in products],
        "pictures": [thumbnail_url(product.picture) for product in products],
        "relation_words": intention.relation_words,
        "text": intention.text,
        "kept": intention.verdict.kept(run.strictness),
        "percent": "" if intention.verdict.p_yes is None else f"{100 * intention.verdict.p_yes:.0f}",
    }


def _config_rows(run: Run) -> list[tuple[str, str]]:
    config = run.config
    words = [RELATIONS[code].words or "open" for code in config["relations"]]
    rows = [
        ("Backend", "baseline: rules on titles and pixels, no model" if run.is_baseline else run.backend),
        ("Model", run.model),
        ("Model servers", ", ".join(run.base_urls) or "none"),
        ("Relations", f"{len(words)}: {', '.join(words)}"),
        ("Intentions for each relation", str(config["samples"])),
        ("Pictures", "shown to the model" if config["with_images"] else "not shown"),
        ("Prompts", f"{config['prompt_version']} ({config['prompt_digest'][:12]})"),
        ("Sampling", f"temperature {config['temperature']}, at most {config['max_tokens']} tokens"),
        ("Strictness", f"kept from p(yes) {run.strictness:.2f} on"),
    ]
    return (
        rows if not run.is_baseline else [row for row in rows if row[0] not in ("Model servers", "Sampling", "Prompts")]
    )


def picture_url(stored: Picture | None) -> str:
    return reverse("picture", args=[stored.digest]) if stored else ""


def thumbnail_url(stored: Picture | None) -> str:
    return reverse("thumbnail", args=[stored.digest]) if stored else ""


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
