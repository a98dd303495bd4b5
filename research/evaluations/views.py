"""Evaluations on benchmarks, for researchers: the list, one of them, before and after, and the answers as a file."""

import csv
from collections.abc import Iterator

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from research.evaluations.answers import HEADER, answer_rows
from research.evaluations.comparing import evaluations_compare
from research.evaluations.page import compare_page, detail_page, settings_words
from research.evaluations.refusals import EvaluationRefused
from research.evaluations.results import results_of
from research.models import Evaluation


class CompareForm(forms.Form):
    before = forms.ModelChoiceField(Evaluation.objects.for_list(), label="Before")
    after = forms.ModelMultipleChoiceField(
        Evaluation.objects.for_list(),
        label="After",
        help_text="three trainings of one method or more speak of the method",
    )


@require_safe
@researcher_required
def evaluation_list(request: HttpRequest) -> HttpResponse:
    rows = [{"made": made, "settings": settings_words(made)} for made in Evaluation.objects.for_list()]
    return render(request, "research/evaluations/list.html", {"rows": rows})


@require_safe
@researcher_required
def evaluation_detail(request: HttpRequest, evaluation_id: int) -> HttpResponse:
    made = get_object_or_404(Evaluation.objects.for_list(), pk=evaluation_id)
    return render(request, "research/evaluations/detail.html", detail_page(results_of(made)))


@require_safe
@researcher_required
def evaluation_compare(request: HttpRequest) -> HttpResponse:
    form = CompareForm(request.GET or None)
    if not request.GET:
        return render(request, "research/evaluations/compare.html", {"form": form})
    if not form.is_valid():
        problem = "Choose one evaluation as before, and one or more as after."
        return render(request, "research/evaluations/compare.html", {"form": form, "problem": problem}, status=400)
    try:
        made = evaluations_compare(form.cleaned_data["before"], list(form.cleaned_data["after"]))
    except EvaluationRefused as error:
        return render(request, "research/evaluations/compare.html", {"form": form, "problem": str(error)}, status=409)
    return render(request, "research/evaluations/compare.html", {"form": form, **compare_page(made)})


class _Line:
    def write(self, text: str) -> str:
        return text


@require_safe
@researcher_required
def evaluation_answers(request: HttpRequest, evaluation_id: int) -> StreamingHttpResponse:
    made = get_object_or_404(Evaluation, pk=evaluation_id)
    writer = csv.DictWriter(_Line(), HEADER)

    def lines() -> Iterator[str]:
        yield writer.writeheader()
        yield from (writer.writerow(row) for row in answer_rows(made))

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{made.name}-answers.csv"'
    return answer
