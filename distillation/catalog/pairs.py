"""A co-buy as lists of many show it."""

from distillation.catalog.pictures.urls import thumbnail_url
from distillation.models import CoBuy, Product


def title_shown(product: Product) -> str:
    return product.title or "(no title)"


def pair_shown(cobuy: CoBuy) -> dict[str, list[str]]:
    """Titles and thumbnails of its two products; its products and their pictures are to be fetched with it."""
    products = (cobuy.a, cobuy.b)
    return {
        "titles": [title_shown(product) for product in products],
        "thumbnails": [thumbnail_url(product.picture) for product in products],
    }
