"""A run's intentions for download."""

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from accounts.models import Deed, User
from accounts.requests import PersonRequest
from accounts.trail import deed_record
from common.copying import EXCEL, refuse_unfit_for_excel
from common.refusals import ExportRefused
from distillation.catalog.search import category_names
from distillation.catalog.selection_form import CatalogSelectionForm
from distillation.models import Exposure
from distillation.runs.exposure import exposure_record
from knowledge.exports.selection import HUMAN, Selection
from knowledge.exports.streaming import STREAMED, intentions_pieces, refuse_empty
from knowledge.views import KnowledgeForm


class DownloadForm(CatalogSelectionForm):
    run = forms.CharField(max_length=100, error_messages={"required": "choose one above first."})
    format = forms.ChoiceField(choices=[(name, each.words) for name, each in STREAMED.items()])
    excel = forms.ChoiceField(choices=[("", "no"), *((name, name) for name in EXCEL)], required=False)
    kept = forms.BooleanField(required=False)
    threshold = forms.FloatField(required=False, min_value=0, max_value=1)
    relation = forms.CharField(required=False, max_length=500)
    human = forms.ChoiceField(required=False, choices=[("", "any"), *((name, name) for name in HUMAN)])

    def clean(self) -> dict:
        super().clean()
        asked = self.cleaned_data
        if not self.errors:
            chosen = {name: asked[name] for name in ("run", "kept", "threshold", "relation", "human")}
            try:
                refuse_unfit_for_excel(asked["excel"], form=asked["format"], raw=False)
                self.selection = Selection.checked(**chosen, catalog=self.catalog)
                refuse_empty(self.selection)
            except ExportRefused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return asked

    @property
    def problem(self) -> str:
        """One line about the first thing that can't be so."""
        name, words = next(iter(self.errors.items()))
        return str(words[0]) if name == "__all__" else f"{name}: {words[0]}"


@require_safe
@researcher_required
def knowledge_download(request: PersonRequest) -> HttpResponseBase:
    form = DownloadForm(request.GET)
    if not form.is_valid():
        return _refused(request, form)
    asked = form.cleaned_data
    return intentions_answer(form.selection, asked["format"], by=request.user, excel=asked["excel"])


def intentions_answer(
    selection: Selection, form: str, *, by: User, raw: bool = False, excel: str = ""
) -> StreamingHttpResponse:
    exposure_record(user=by, runs=[selection.run.pk], where=Exposure.Where.FILE)
    deed_record(kind=Deed.Kind.EXPORT, by=by, about=selection.run.name, what="intentions", format=form)
    headers = {
        "Content-Disposition": content_disposition_header(True, f"{selection.run.name}-intentions.{form}"),
        "X-Content-Type-Options": "nosniff",
    }
    pieces = intentions_pieces(selection, form, raw=raw, excel=excel)
    return StreamingHttpResponse(pieces, content_type=STREAMED[form].media_type, headers=headers)


def _refused(request: HttpRequest, asked: DownloadForm) -> HttpResponse:
    """The page that it was asked on, with its run still chosen."""
    form = KnowledgeForm(request.GET)
    page = {"form": form, "categories": category_names(), "chosen": asked, "problem": asked.problem}
    if form.is_valid():
        page["search"] = form.search
    return render(request, "knowledge/list.html", page, status=400)
