"""A data set renamed, archived, deleted. What another data set brought too is handed over to it, and stays."""

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.models import Deed, User
from accounts.trail import deed_record
from common.refusals import Refused
from common.tidying import LONGEST, typed_refuse
from common.words import counted
from distillation.catalog.pictures.unused import unused_pictures_delete
from distillation.models import CatalogImport, CoBuy, CoBuyAgain, Product, Run, RunCoBuy


class DataSetRefused(Refused):
    """What is asked can't be done to this data set."""


def data_set_rename(*, data_set: CatalogImport, name: str, by: User | None) -> None:
    before, longest = data_set.title, CatalogImport._meta.get_field("name").max_length or LONGEST
    if len(name) > longest:
        raise DataSetRefused(f"A data set's name has at most {longest} characters")
    CatalogImport.objects.filter(pk=data_set.pk).update(name=name)
    deed_record(kind=Deed.Kind.RENAMED, by=by, about=name, what="data set", before=before)


def data_set_archive(*, data_set: CatalogImport, on: bool, by: User | None) -> None:
    """Out of the lists and of what runs may choose; or back."""
    _ended(data_set)
    if CatalogImport.objects.filter(pk=data_set.pk).archive(on):
        kind = Deed.Kind.ARCHIVED if on else Deed.Kind.UNARCHIVED
        deed_record(kind=kind, by=by, about=data_set.title, what="data set")


def data_set_of(row: CatalogImport) -> QuerySet[CatalogImport]:
    """All imports of the same files and options. One that was refused, or that ended before data sets were kept, is
    alone."""
    return CatalogImport.objects.filter(Q(pk=row.pk) | Q(data_set__isnull=False, data_set=row.data_set_id))


def data_set_cobuys(row: CatalogImport) -> QuerySet[CoBuy]:
    """That no other data set has brought too."""
    shared = CoBuyAgain.objects.exclude(data_set__in=data_set_of(row).values("pk"))
    return CoBuy.objects.filter(first_import__in=data_set_of(row).values("pk")).exclude(pk__in=shared.values("cobuy"))


def data_set_held(row: CatalogImport) -> list[str]:
    """Why it can't be deleted now, a line for each reason."""
    lines = [] if row.is_ended else ["It is still being read: wait until it has ended"]
    named = Q(config__catalog__imports__contains=[row.data_set_id or row.pk])
    asked = RunCoBuy.objects.filter(cobuy__in=data_set_cobuys(row)).values("run")
    runs = Run.objects.filter(named | Q(pk__in=asked)).order_by("pk").values_list("name", flat=True)
    return lines + [f"The run {name} is of it: delete the run first" for name in runs]


def data_set_contents(row: CatalogImport) -> list[str]:
    products = Product.objects.filter(first_import__in=data_set_of(row).values("pk")).count()
    n = {"import": data_set_of(row).count(), "co-buy": data_set_cobuys(row).count()}
    lines = [counted(number, thing) for thing, number in n.items() if number]
    return [*lines, f"of {counted(products, 'product')} those that nothing else needs"] if products else lines


@transaction.atomic
def data_set_delete(*, data_set: CatalogImport, typed: str, by: User | None) -> None:
    """For good, with all its imports. Products that other data sets, runs' features or purchases need stay, and
    pictures that any product has."""
    locked = list(data_set_of(data_set).select_for_update())
    typed_refuse(typed, data_set.title, "data set", DataSetRefused)
    if held := data_set_held(data_set):
        raise DataSetRefused(f"{held[0]}; nothing was deleted")
    deed_record(kind=Deed.Kind.DELETED, by=by, about=data_set.title, what="data set", files=data_set.file_names[:150])
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement, {"imports": [row.pk for row in locked]})
    CatalogImport.objects.filter(pk__in=[row.pk for row in locked]).update(data_set=None)
    CatalogImport.objects.filter(pk__in=[row.pk for row in locked]).delete()
    transaction.on_commit(unused_pictures_delete)


def _ended(row: CatalogImport) -> None:
    if not row.is_ended:
        raise DataSetRefused("It is still being read: wait until it has ended")


def _handed_over(table: str, again: str, key: str) -> str:
    """To the first of the other data sets that brought it, whose row of a further one it then has no more."""
    return f"""
        WITH heir AS (SELECT g.{key}, min(g.data_set_id) AS data_set_id FROM {again} g JOIN {table} t ON t.id = g.{key}
                      WHERE t.first_import_id = ANY(%(imports)s) GROUP BY g.{key}),
             gone AS (DELETE FROM {again} g USING heir h WHERE g.{key} = h.{key} AND g.data_set_id = h.data_set_id)
        UPDATE {table} t SET first_import_id = h.data_set_id FROM heir h WHERE t.id = h.{key}"""  # noqa: S608 - our names


STATEMENTS = (
    "DELETE FROM distillation_cobuyagain WHERE data_set_id = ANY(%(imports)s)",
    "DELETE FROM distillation_productagain WHERE data_set_id = ANY(%(imports)s)",
    _handed_over("distillation_cobuy", "distillation_cobuyagain", "cobuy_id"),
    _handed_over("distillation_product", "distillation_productagain", "product_id"),
    "DELETE FROM distillation_cobuy WHERE first_import_id = ANY(%(imports)s)",
    # What is still bought together with something, described for a run, or bought, stays without an import.
    """UPDATE distillation_product p SET first_import_id = NULL WHERE first_import_id = ANY(%(imports)s) AND (
           EXISTS (SELECT FROM distillation_cobuy c WHERE c.a_id = p.id)
           OR EXISTS (SELECT FROM distillation_cobuy c WHERE c.b_id = p.id)
           OR EXISTS (SELECT FROM distillation_runproduct r WHERE r.product_id = p.id)
           OR EXISTS (SELECT FROM distillation_feature f WHERE f.product_id = p.id)
           OR EXISTS (SELECT FROM distillation_purchase b WHERE b.product_id = p.id))""",
    "DELETE FROM distillation_product WHERE first_import_id = ANY(%(imports)s)",
)
