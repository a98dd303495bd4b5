"""Erasure of a person, for administrators."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.services import PeopleRefused
from annotation.desk.erasing import CHOICES, comments_of, person_erase
from annotation.models import Judgment
from api.base.views import ApiView, the_one
from api.models import Scope


class CommentSerializer(serializers.Serializer):
    study, item, comment = serializers.CharField(), serializers.IntegerField(), serializers.CharField()


class ErasableSerializer(serializers.Serializer):
    username = serializers.CharField()
    judgments = serializers.IntegerField()
    comments = CommentSerializer(many=True)


class ErasureSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=200, help_text="theirs once more, to be sure")
    judgments = serializers.ChoiceField(choices=CHOICES, help_text="keep: under a fresh pseudonym")
    comments = serializers.ChoiceField(choices=CHOICES, help_text="read them first: GET")


class ErasedSerializer(serializers.Serializer):
    studies, judgments = serializers.IntegerField(), serializers.IntegerField()
    comments = serializers.IntegerField(help_text="removed")


class PersonErasure(ApiView):
    role = User.Role.ADMINISTRATOR
    reads = writes = Scope.ADMIN

    def person(self) -> User:
        return the_one(User.objects.all(), pk=self.kwargs["person_id"])

    @extend_schema(responses=ErasableSerializer)
    def get(self, request: Request, person_id: int) -> Response:
        """What an erasure meets: how many judgments, and the comments to read before they are kept."""
        person = self.person()
        told: dict[str, Any] = {"username": person.username, "comments": comments_of(person)}
        told["judgments"] = Judgment.objects.filter(participant__annotator=person).count()
        return Response(ErasableSerializer(told).data)

    @extend_schema(request=ErasureSerializer, responses=ErasedSerializer)
    def post(self, request: Request, person_id: int) -> Response:
        """Erase this person: names, ids, links and tokens go for good. Nothing of the request is kept."""
        person, asked = self.person(), self.body(ErasureSerializer)
        if asked.pop("username") != person.username:
            raise PeopleRefused("This is not their user name; nothing was erased")
        return Response(ErasedSerializer(person_erase(person=person, by=self.me, **asked)).data)
