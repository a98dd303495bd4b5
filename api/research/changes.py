"""What may be changed of a study that is at work."""

from typing import Any

from django.db import transaction
from rest_framework import serializers

from accounts.models import User
from annotation.design.extending import REMINDER_LENGTH, study_add_items, study_raise_overlap, study_set_deadline
from annotation.design.services import study_set_state
from annotation.desk.adjudicating import adjudicator_set
from annotation.desk.lifecycle import study_archive, study_rename, study_unarchive
from annotation.models import Study
from annotation.models.protocol_fields import NAME_LENGTH, PROTOCOL_FIELDS


class ChangeSerializer(serializers.Serializer):
    """What is not named stays."""

    state = serializers.ChoiceField(choices=Study.State.choices, required=False)
    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    archived = serializers.BooleanField(required=False)
    overlap = serializers.IntegerField(required=False, help_text="raised only", **PROTOCOL_FIELDS["overlap"].limits)
    add_items = serializers.IntegerField(
        required=False, help_text="drawn in the same design, from what is left", **PROTOCOL_FIELDS["items"].limits
    )
    deadline = serializers.DateTimeField(required=False, allow_null=True)
    reminder = serializers.CharField(required=False, allow_blank=True, max_length=REMINDER_LENGTH)
    adjudicator = serializers.SlugRelatedField(
        "username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )

    def validate(self, asked: dict) -> dict:
        if not asked:
            raise serializers.ValidationError("Name what is to be changed")
        return asked


class TidySerializer(serializers.Serializer):
    """Of a run or an experiment; what is not named stays."""

    name = serializers.CharField(max_length=100, required=False)
    archived = serializers.BooleanField(required=False)

    def validate(self, asked: dict) -> dict:
        if not asked:
            raise serializers.ValidationError("Name what is to be changed")
        return asked


class DeleteSerializer(serializers.Serializer):
    """A name that is not there is refused as a wrong one is: by what deletes."""

    name = serializers.CharField(
        max_length=NAME_LENGTH,
        trim_whitespace=False,
        default="",
        allow_blank=True,
        help_text="to be sure",
    )


@transaction.atomic
def study_change(study: Study, asked: dict[str, Any], by: User) -> Study:
    """All of it or nothing."""
    if "state" in asked:
        study_set_state(study=study, state=asked["state"], by=by)
    if "name" in asked:
        study_rename(study=study, name=asked["name"], by=by)
    if "archived" in asked:
        (study_archive if asked["archived"] else study_unarchive)(study=study, by=by)
    if "add_items" in asked:
        study_add_items(study=study, items=asked["add_items"], by=by)
    if "overlap" in asked:
        study_raise_overlap(study=study, overlap=asked["overlap"], by=by)
    if {"deadline", "reminder"} & set(asked):
        when, word = asked.get("deadline", study.deadline), asked.get("reminder", study.reminder)
        study_set_deadline(study=study, deadline=when, reminder=word, by=by)
    if "adjudicator" in asked:
        adjudicator_set(study=study, adjudicator=asked["adjudicator"], by=by)
    return Study.objects.get(pk=study.pk)
