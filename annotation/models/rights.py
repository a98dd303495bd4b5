"""Who may judge on: asked at every step, in the query that reads the participant, so that a change works at once.

An active account with the role with which it joined (who was made a researcher has seen verdicts), in a study that
names no group or one of theirs. As SQL over the alias of a participant, and for the ORM; a test holds the two together.
"""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Exists, F, OuterRef, Q


def may_judge_sql(participant: str = "p") -> str:
    return f"""(
        EXISTS (SELECT FROM accounts_user u
                WHERE u.id = {participant}.annotator_id AND u.is_active AND u.role = {participant}.role)
        AND (NOT EXISTS (SELECT FROM annotation_study_groups sg WHERE sg.study_id = {participant}.study_id)
             OR EXISTS (SELECT FROM annotation_study_groups sg JOIN accounts_user_groups ug ON ug.group_id = sg.group_id
                        WHERE sg.study_id = {participant}.study_id AND ug.user_id = {participant}.annotator_id))
    )"""  # noqa: S608 - names of our own


def may_judge_q() -> Q:
    """Of participants."""
    return Q(annotator__is_active=True, annotator__role=F("role")) & of_their_groups(
        "study", user=OuterRef("annotator")
    )


def of_their_groups(study: str, user: Any) -> Q:
    """The study at this path names no group, or one of this person's."""
    named = Group.objects.filter(studies=OuterRef(study))
    return Q(~Exists(named)) | Q(Exists(named.filter(user=user)))
