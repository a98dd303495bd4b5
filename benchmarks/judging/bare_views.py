"""The least that a judgment with its audit can be in Django: who it is stands in a signed cookie; no session, rights,
ORM or form; the product's own statements write, and the bytes that it sent go out with other numbers in them."""

import json
import os
import uuid
from pathlib import Path

from django.core.signing import Signer
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from annotation import scales
from annotation.judging.finding.free import END, TAKE_SQL
from annotation.judging.writing import _AUDIT, _WRITE, Answers, _units

PAGES = json.loads(Path(os.environ["MINDSITE_BARE"]).read_text())  # item and reveal


_IN_HAND = """
    SELECT (SELECT item_id FROM annotation_lease WHERE participant_id = %(who)s),
           (SELECT id FROM annotation_judgment
            WHERE participant_id = %(who)s AND audit_asked AND filter_right IS NULL LIMIT 1)
"""
_CURSOR = "SELECT cursor_block, cursor_taken, cursor_key FROM annotation_participant WHERE id = %s"


def page(request: HttpRequest, study_id: int) -> HttpResponse:
    """As one comes back: to the item or the audit that is open."""
    who = _who(request)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_IN_HAND, {"who": who})
        item, judgment = cursor.fetchone()
        if item or judgment:
            return _shown(item) if item else _revealed(judgment)
        return _item(who, study_id)


def save(request: HttpRequest, study_id: int) -> HttpResponse:
    sent = request.POST
    answers = Answers(int(sent["plausibility"]), int(sent["typicality"]))
    values = {
        "item": int(sent["item"]),
        "submission": uuid.UUID(sent["submission"]),
        "participant": _who(request),
        "plausibility": answers.plausibility,
        "typicality": answers.typicality,
        **_units(scales.PRESETS["mind"], answers),
        "says_yes": answers.plausibility == 1,
        **{"preference": None, "active": None, "look": None, "comment": "", "version": 1},
        **{"role": "annotator", "had_seen": "", "audit": True},
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        return _revealed(cursor.fetchone()[0])


def audit(request: HttpRequest, study_id: int) -> HttpResponse:
    who, right = _who(request), request.POST["answer"] == "right"
    values = {"right": right, "reason": "", "judgment": int(request.POST["judgment"]), "participant": who}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_AUDIT, values)
        return _item(who, study_id)


def _who(request: HttpRequest) -> int:
    return int(Signer().unsign(request.COOKIES["sessionid"]))


def _item(who: int, study_id: int) -> HttpResponse:
    values = {"study": study_id, "participant": who, "annotator": 0, "kind": "item"}
    with connection.cursor() as cursor:
        cursor.execute(_CURSOR, [who])
        places = {"after": list(cursor.fetchone()), "end": list(END)}
        for sql in TAKE_SQL:
            cursor.execute(sql, {**values, **places, "a_on_left": True, "first_left": None, "minutes": 30})
            if taken := cursor.fetchone():
                break
        return _shown(taken[1])


def _revealed(judgment: int) -> HttpResponse:
    return HttpResponse(PAGES["reveal"].replace("JUDGMENT", str(judgment)))


def _shown(item: int) -> HttpResponse:
    return HttpResponse(PAGES["item"].replace("SUBMISSION", str(uuid.uuid4())).replace("ITEM", str(item)))


urlpatterns = [
    path("judge/<int:study_id>/", page),
    path("judge/<int:study_id>/save", save),
    path("judge/<int:study_id>/audit", audit),
    path("accounts/login/", lambda request: HttpResponse()),  # by which the measurement knows that it answers
]
