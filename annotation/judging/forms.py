import uuid
from typing import Any, TypeVar

from django import forms

from annotation.judging.writing import COMMENT_LENGTH

FormClass = TypeVar("FormClass", bound=type[forms.Form])


class _Shared(dict):
    """Fields that no form changes: Django copies them for each form, which costs more than to look at what was sent."""

    def __deepcopy__(self, memo: dict) -> "_Shared":
        return self


def shared_fields(form: FormClass) -> FormClass:
    fields: Any = form
    fields.base_fields = _Shared(fields.base_fields)
    return form


class CommentField(forms.CharField):
    def to_python(self, value: object) -> str:
        """Browsers count a line break as one character and send two."""
        return (super().to_python(value) or "").replace("\r\n", "\n")


@shared_fields
class RatingForm(forms.Form):
    item = forms.IntegerField()
    submission = forms.UUIDField()
    version = forms.IntegerField(required=False)
    plausibility = forms.IntegerField(required=False)
    typicality = forms.IntegerField(required=False)
    preference = forms.IntegerField(required=False)
    active_seconds = forms.FloatField(required=False)
    look = forms.CharField(required=False)
    comment = CommentField(required=False, max_length=COMMENT_LENGTH)


@shared_fields
class AuditForm(forms.Form):
    judgment = forms.IntegerField()
    answer = forms.ChoiceField(choices=[("right", "Right"), ("wrong", "Wrong")])
    reason = forms.CharField(required=False)
    comment = CommentField(required=False, max_length=COMMENT_LENGTH)


class ReviseForm(forms.Form):
    submission = forms.UUIDField()
    plausibility = forms.IntegerField(required=False)
    typicality = forms.IntegerField(required=False)
    preference = forms.IntegerField(required=False)
    comment = CommentField(required=False, max_length=COMMENT_LENGTH)


class SkipForm(forms.Form):
    item = forms.IntegerField()
    reason = forms.CharField()


def new_submission() -> str:
    return str(uuid.uuid4())


class ConfirmForm(forms.Form):
    version = forms.IntegerField()
    consent = forms.BooleanField(required=False)
