from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView


@extend_schema(exclude=True)
class NotFound(APIView):
    """Answers any unknown address of the API, so that its 404 is problem+json and not a page."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def initial(self, request: Request, *args, **kwargs) -> None:
        raise Http404("There is no such address; /api/v1/docs/ lists them.")
