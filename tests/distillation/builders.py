"""Small catalogs and runs for tests."""

from distillation.catalog.selection import EVERYTHING, CatalogSelection
from distillation.models import CoBuy, Intention, Picture, Product, Run, Verdict
from distillation.runs.services import RunSettings, run_start


def product(asin: str, title: str = "", picture: Picture | None = None) -> Product:
    return Product.objects.create(asin=asin, title=title or f"Product {asin}", picture=picture)


def cobuys(n: int, picture: Picture | None = None) -> list[CoBuy]:
    """`n` co-buys of 2n products, B0000…"""
    asins = (f"B{i:09d}" for i in range(2 * n))
    products = Product.objects.bulk_create(
        Product(asin=asin, title=f"Product {asin}", picture=picture) for asin in asins
    )
    return CoBuy.objects.bulk_create(CoBuy(a=a, b=b) for a, b in zip(products[::2], products[1::2], strict=True))


def run(
    name: str = "r1",
    *,
    relations: str = "usedFor,isA",
    with_images: bool = False,
    catalog: CatalogSelection = EVERYTHING,
    **more,
) -> Run:
    """A planned run over the catalog; `more` goes to run_start."""
    settings = RunSettings.checked(relations=relations, limit=None, with_images=with_images, catalog=catalog)
    asked = {"backend": "baseline", "model": "rules-1", "base_urls": [], **more}
    return run_start(name=name, settings=settings, **asked)[0]


def finished_run(n_cobuys: int = 3, *, relations: str = "usedFor,isA", kept_every: int = 2, **more) -> Run:
    """A run whose intentions all have a verdict; every `kept_every`-th is kept (p_yes 0.9, else 0.2).

    A second one is over the same co-buys.
    """
    pairs = list(CoBuy.objects.order_by("pk")) or cobuys(n_cobuys)
    made = run(relations=relations, **more)
    units = [(cobuy, relation) for cobuy in pairs for relation in made.config["relations"]]
    intentions = Intention.objects.bulk_create(
        Intention(run=made, cobuy=cobuy, relation=relation, text=f"Reason {i} under {relation}.", raw_reply="raw")
        for i, (cobuy, relation) in enumerate(units)
    )
    Verdict.objects.bulk_create(_verdict(each, i, i % kept_every == 0) for i, each in enumerate(intentions))
    made.cobuys.update(n_owed=0)
    Run.objects.filter(pk=made.pk).update(state=Run.State.DONE)
    made.refresh_from_db()
    return made


def _verdict(intention: Intention, i: int, kept: bool) -> Verdict:
    p_yes = 0.9 if kept else 0.2
    return Verdict(intention=intention, yes=kept, p_yes=p_yes, reason=f"Secret reason {i}.", raw_reply="raw")
