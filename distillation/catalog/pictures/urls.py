"""Addresses of pictures, by content."""

from django.urls import reverse

from distillation.models import Picture


def picture_url(stored: Picture | None) -> str:
    return digest_url(stored.digest if stored else None)


def digest_url(digest: str | None) -> str:
    return reverse("picture", args=[digest]) if digest else ""


def thumbnail_url(stored: Picture | None) -> str:
    return reverse("thumbnail", args=[stored.digest]) if stored else ""
