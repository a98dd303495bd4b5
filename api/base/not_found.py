from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView


@extend_schema(exclude=True)
class NotFound(APIView):
    """Any other address under the API's, so that its 404 is a problem too and not a page."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def initial(self, request: Request, *args, **kwargs) -> None:
        raise Http404("There is no such address; /api/v1/docs/ lists them.")
