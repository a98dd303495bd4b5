import uuid

from django import forms

from annotation.judging.writing import COMMENT_LENGTH


class CommentField(forms.CharField):
    def to_python(self, value: object) -> str:
        """Browsers count a line break as one character and send two."""
        return (super().to_python(value) or "").replace("\r\n", "\n")


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
