"""The knowledge base, for researchers: browse, search, and one intention with all that was said of it."""

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from accounts.requests import PersonRequest
from common.keyset import KeysetForm
from distillation.catalog.search import category_names
from distillation.catalog.selection_form import CatalogSelectionForm
from distillation.models import Exposure, Intention, Run
from distillation.pipeline.relations import RELATIONS
from distillation.runs.exposure import exposure_record
from knowledge.page import by_pair, intention_page, rows
from knowledge.search import KnowledgeSearch

RELATION_WORDS = {code: relation.words for code, relation in RELATIONS.items()}
VERDICT_WORDS = {"kept": "kept", "rejected": "rejected", "none": "no verdict yet"}
LABEL_WORDS = {
    "judged": "judged",
    "plausible": "found plausible",
    "implausible": "found implausible",
    "none": "not judged",
}


def _any(words: dict[str, str], label: str = "any") -> list[tuple[str, str]]:
    return [("", label), *words.items()]


class KnowledgeForm(KeysetForm):
    q = forms.CharField(required=False, max_length=200)
    relation = forms.ChoiceField(required=False, choices=_any(RELATION_WORDS, "all"))
    category = forms.CharField(required=False, max_length=200)
    run = forms.ModelChoiceField(Run.objects.order_by("-pk"), required=False, to_field_name="name", empty_label="all")
    verdict = forms.ChoiceField(required=False, choices=_any(VERDICT_WORDS))
    p_from = forms.FloatField(required=False, min_value=0, max_value=1)
    p_to = forms.FloatField(required=False, min_value=0, max_value=1)
    label = forms.ChoiceField(required=False, choices=_any(LABEL_WORDS))

    def clean_p_to(self) -> float | None:
        low, high = self.cleaned_data.get("p_from"), self.cleaned_data["p_to"]
        if low is not None and high is not None and high < low:
            raise forms.ValidationError("it is under p_from; exchange the two.")
        return high

    @property
    def search(self) -> KnowledgeSearch:
        asked = self.cleaned_data
        names = ("relation", "category", "run", "verdict", "p_from", "p_to", "label")
        return KnowledgeSearch(words=asked["q"], **{name: asked[name] for name in names})


@require_safe
@researcher_required
def knowledge(request: PersonRequest) -> HttpResponse:
    form = KnowledgeForm(request.GET)
    context = {"form": form, "categories": category_names(), "chosen": CatalogSelectionForm()}
    if not form.is_valid():
        return render(request, "knowledge/list.html", {**context, "problem": form.problem}, status=400)
    found = form.search.find(form.keyset)
    shown = rows(found.page.keys)
    runs = [row["intention"].run_id for row in shown if row["verdict"]]
    exposure_record(user=request.user, runs=runs, where=Exposure.Where.PAGE)
    page = {"search": form.search, "found": found, "page": found.page, "rows": shown, "pairs": by_pair(shown)}
    answer = render(request, "knowledge/list.html", {**context, **page, "asked": _asked(form)})
    if request.htmx:
        answer["HX-Push-Url"] = _address(request)
    return answer


@require_safe
@researcher_required
def intention(request: PersonRequest, intention_id: int) -> HttpResponse:
    shown = get_object_or_404(Intention.objects.for_page(), pk=intention_id)
    page = intention_page(shown)
    exposure_record(
        user=request.user,
        runs={shown.run_id, *(other["intention"].run_id for other in page["others"])},
        where=Exposure.Where.PAGE,
    )
    return render(request, "knowledge/intention.html", page)


def _asked(form: KnowledgeForm) -> list[str]:
    """The filters in words, as they stand beside the count."""
    asked = form.search
    low, high = asked.p_from, asked.p_to
    said = [
        f"found by “{asked.words}”" if asked.words.strip() else "",
        f"relation “{RELATION_WORDS[asked.relation]}”" if asked.relation else "",
        f"a product of {asked.category}" if asked.category else "",
        f"run {asked.run.name}" if asked.run else "",
        VERDICT_WORDS.get(asked.verdict, ""),
        f"p(yes) from {low or 0:g} to {1 if high is None else high:g}" if (low, high) != (None, None) else "",
        f"{LABEL_WORDS[asked.label]} by people" if asked.label else "",
    ]
    return [words for words in said if words]


def _address(request: HttpRequest) -> str:
    """The address without empty filters, so that it is short enough to share."""
    query = QueryDict(mutable=True)
    for name, values in request.GET.lists():
        if any(values):
            query.setlist(name, values)
    return f"{request.path}?{query.urlencode()}" if query else request.path
