"""A link named, archived, deleted. Who came by it stays."""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import researcher_required
from accounts.links import LinkRefused
from accounts.models import Deed, Link, User
from accounts.requests import PersonRequest
from accounts.trail import deed_record
from common.tidying import Tidying, tidying_answer, typed_refuse


def link_rename(*, link: Link, name: str, by: User) -> None:
    longest = Link._meta.get_field("name").max_length or 0
    if len(name) > longest:
        raise LinkRefused(f"A link's name has at most {longest} characters")
    Link.objects.filter(pk=link.pk).update(name=name)
    deed_record(kind=Deed.Kind.RENAMED, by=by, what="link", link=link.pk)


def link_archive(*, link: Link, on: bool, by: User) -> None:
    if on and link.state == "open":
        raise LinkRefused("It still lets people in: revoke it before it goes to the archive")
    if Link.objects.filter(pk=link.pk).archive(on):
        deed_record(kind=Deed.Kind.ARCHIVED if on else Deed.Kind.UNARCHIVED, by=by, what="link", link=link.pk)


@transaction.atomic
def link_delete(*, link: Link, typed: str, by: User) -> None:
    link = Link.objects.select_for_update(of=("self",)).get(pk=link.pk)
    typed_refuse(typed, link.title, "link", LinkRefused)
    if link.state == "open":
        raise LinkRefused("It still lets people in: revoke it first; nothing was deleted")
    deed_record(kind=Deed.Kind.DELETED, by=by, person=link.person, what="link", link=link.pk, used=link.n_used)
    link.delete()


@require_http_methods(["GET", "HEAD", "POST"])
@researcher_required
def link_tidy(request: PersonRequest, link_id: int) -> HttpResponse:
    link = get_object_or_404(Link.objects.visible_to(request.user), pk=link_id)
    return tidying_answer(request, _tidying(link, request.user))


def _tidying(link: Link, by: User) -> Tidying:
    page, every = reverse("people-link-tidy", args=[link.pk]), reverse("people-links")

    def rename(name: str) -> str:
        link_rename(link=link, name=name, by=by)
        return page

    return Tidying(
        what="link",
        name=link.title,
        page=every,
        all=every,
        archived_at=link.archived_at,
        goes=[],
        stays="Who came by it stays, with all judgments; only by which link they came is forgotten.",
        held=["It still lets people in: revoke it first"] if link.state == "open" else [],
        exports=[],
        rename=rename,
        archive=lambda on: link_archive(link=link, on=on, by=by),
        delete=lambda typed: link_delete(link=link, typed=typed, by=by),
    )
