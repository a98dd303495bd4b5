"""Two runs of a study beside each other."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from annotation.figures.comparison import AGREEMENT_DRAWS, Compared, runs_compare
from annotation.figures.periods.by_relation import (
    MEASURES,
    by_relation_plot,
    by_relation_table,
    relations_compare,
    together_words,
)
from annotation.models import Study
from common.words import percent
from distillation.models import Run
from stats.estimate import Estimate

BYTE_ORDER_MARK = "\ufeff"  # spreadsheets take a file without it for Latin-1


@require_safe
@researcher_required
def study_compare(request: HttpRequest, study_id: int) -> HttpResponse:
    study = get_object_or_404(Study.objects.of_ratings(), pk=study_id)
    runs = list(study.runs.order_by("pk"))
    page: dict = {"study": study, "runs": runs, "draws": AGREEMENT_DRAWS}
    if problem := _unknown(request, runs):
        return render(request, "studies/compare.html", {**page, "problem": problem}, status=400)
    if len(runs) > 1:
        a, b = _chosen(request, runs)
        found = runs_compare(study, a, b)
        page |= _by_relation(request, study, a, b)
        page |= {"a": a, "b": b, "pairs": found.pairs, "rows": [_shown(row) for row in found.rows], "is_same": a == b}
        page["unjudged"] = percent(found.unjudged) if found.pairs and found.unjudged else ""
    return render(request, "studies/compare.html", page)


@require_safe
@researcher_required
def study_compare_csv(request: HttpRequest, study_id: int, measure: str) -> HttpResponse:
    study = get_object_or_404(Study.objects.of_ratings(), pk=study_id)
    runs = list(study.runs.order_by("pk"))
    if measure not in MEASURES:
        raise Http404(f"There is no measure {measure}.")
    if len(runs) < 2:
        return HttpResponse("This study has one run: nothing to compare it with.", status=409)
    if problem := _unknown(request, runs):
        return HttpResponse(problem, status=400, content_type="text/plain; charset=utf-8")
    table = by_relation_table(relations_compare(study, *_chosen(request, runs), measure))
    headers = {"Content-Disposition": f'attachment; filename="{slugify(study.name) or study.pk}-{measure}.csv"'}
    return HttpResponse(BYTE_ORDER_MARK + table.csv(), content_type="text/csv; charset=utf-8", headers=headers)


def _by_relation(request: HttpRequest, study: Study, a: Run, b: Run) -> dict:
    asked = request.GET.get("measure", "typical")
    found = relations_compare(study, a, b, asked if asked in MEASURES else "typical")
    return {
        "measure": found.measure,
        "measures": MEASURES,
        "together": together_words(found),
        "relations": by_relation_table(found),
        "shown": {"plot": by_relation_plot(found)},
    }


def _unknown(request: HttpRequest, runs: list[Run]) -> str:
    """What is wrong with the runs that the address names; empty where nothing is."""
    names = [run.name for run in runs]
    unknown = [name for key in ("a", "b") if (name := request.GET.get(key)) and name not in names]
    return f"This study has no run “{unknown[0]}”; it has {', '.join(names)}." if unknown else ""


def _chosen(request: HttpRequest, runs: list[Run]) -> tuple[Run, Run]:
    """The runs named in the address; where none is named, the first, and the first that is another."""
    by_name = {run.name: run for run in runs}
    a = by_name[request.GET.get("a") or runs[0].name]
    return a, by_name[request.GET.get("b") or next(run.name for run in runs if run != a)]


def _shown(row: Compared) -> dict:
    is_share = not row.name.startswith("Agreement")
    low, high = row.difference.ci95 or (0, 0)
    return {
        "name": row.name,
        "a": _words(row.a, is_share),
        "b": _words(row.b, is_share),
        "difference": _words(row.difference, is_share, signed=True),
        "n": row.difference.n,
        "is_clear": low > 0 or high < 0,
        "is_counted": bool(row.difference.note),
    }


def _words(figure: Estimate, is_share: bool, *, signed: bool = False) -> dict:
    def number(value: float) -> str:
        text = f"{100 * value:{'+' if signed else ''}.1f}" if is_share else f"{value:{'+' if signed else ''}.2f}"
        return text.replace("-", "−")

    if figure.value is None:
        return {"value": "undefined", "why": figure.reason}
    unit = "" if not is_share else " points" if signed else " %"
    interval = f"{number(figure.ci95[0])} to {number(figure.ci95[1])}" if figure.ci95 else ""
    return {"value": number(figure.value) + unit, "interval": interval}
