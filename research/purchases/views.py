"""Tests of purchases, for researchers: the list, one of them, its tables as CSV."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import researcher_required
from common.lists import ListForm
from research.models import PurchaseTest
from research.purchases.page import table_named, test_page
from research.purchases.words import answer

BYTE_ORDER_MARK = "\ufeff"  # spreadsheets take a file without it for Latin-1


@require_safe
@researcher_required
def purchase_list(request: HttpRequest) -> HttpResponse:
    form = ListForm(request.GET, states=PurchaseTest.Design.choices)
    chosen = form.chosen(PurchaseTest.objects.for_list(), among=("name", "run__name"), state="design")
    rows = [{"test": test, "answer": answer(test, next(iter(test.results["rankers"])))[0]} for test in chosen]
    page = {"rows": rows, "form": form, "n_archived": PurchaseTest.objects.archived().count()}
    return render(request, "research/purchases/list.html", page, status=400 if form.problem else 200)


@require_safe
@researcher_required
def purchase_detail(request: HttpRequest, name: str) -> HttpResponse:
    tests = list(PurchaseTest.objects.of_name(name))
    if not tests:
        raise Http404(f"There is no test of purchases named {name}.")
    page = test_page(tests, request.GET.get("ranker", ""), request.GET.get("negatives", ""))
    return render(request, "research/purchases/detail.html", page)


@require_safe
@researcher_required
def purchase_csv(request: HttpRequest, test_id: int, ranker: str, table: str) -> HttpResponse:
    test = get_object_or_404(PurchaseTest, pk=test_id)
    made = table_named(test, ranker, table)
    if made is None:
        raise Http404(f"There is no table {table} by {ranker}.")
    called = f"{test.name}-simulated" if test.is_simulated else test.name
    file = f"{called}-{test.design}-{test.negatives}-{ranker}-{table}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(BYTE_ORDER_MARK + made.csv(), content_type="text/csv; charset=utf-8", headers=headers)
