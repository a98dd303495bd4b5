"""Products, co-buys and pictures."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.models import User
from api.base.paging import CatalogPagination
from api.base.views import LARGEST_ID, ApiView, ListQuery, Query, the_one
from distillation.catalog.pictures.views import picture as picture_page
from distillation.catalog.readers.records import COBUY_FIELDS
from distillation.catalog.search import PICTURES, CatalogSearch
from distillation.models import CoBuy, Picture, Product


@extend_schema_field(OpenApiTypes.URI)
class PictureField(serializers.Field):
    """The picture's address; null where there is none."""

    def to_representation(self, picture: Picture) -> str:
        return reverse("api:picture", args=[picture.digest], request=self.context["request"])


class ShownProductSerializer(serializers.ModelSerializer):
    """A product as annotators see it."""

    picture = PictureField(read_only=True, allow_null=True)

    class Meta:
        model = Product
        fields = ("asin", "title", "picture")
        read_only_fields = ("asin", "title")


class ProductSerializer(ShownProductSerializer):
    class Meta:
        model = Product
        fields = ("asin", "title", "category", "price", "picture", "picture_problem")
        read_only_fields = ("asin", "title", "category", "price", "picture_problem")


class CoBuySerializer(serializers.ModelSerializer):
    a, b = ShownProductSerializer(read_only=True), ShownProductSerializer(read_only=True)
    named_by = serializers.SerializerMethodField(help_text="fields of its files; none: a list of pairs")

    class Meta:
        model = CoBuy
        fields = ("id", "a", "b", "named_by", "first_import")
        read_only_fields = ("first_import",)

    def get_named_by(self, pair: CoBuy) -> list[str]:
        return [name for name, bit in COBUY_FIELDS.items() if pair.fields & bit]


class ProductQuery(Query):
    q = serializers.CharField(required=False, max_length=200, help_text="words of the title, or how an ASIN begins")
    category = serializers.CharField(required=False, max_length=200)
    picture = serializers.ChoiceField(required=False, choices=list(PICTURES))
    cursor = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)


class CoBuyQuery(ListQuery):
    asin = serializers.CharField(required=False, max_length=32, help_text="of either product")


class Products(ApiView, ListAPIView):
    role = User.Role.RESEARCHER
    query = ProductQuery
    serializer_class = ProductSerializer
    pagination_class = CatalogPagination
    also_answers = (503,)

    def get_queryset(self) -> Any:  # a CatalogSearch, as its pagination takes it
        asked = {name: self.asked.get(name, "") for name in ("category", "picture")}
        return CatalogSearch.of(self.asked.get("q", ""), **asked)


class ProductDetail(ApiView):
    role = User.Role.RESEARCHER
    serializer_class = ProductSerializer

    def get(self, request: Request, asin: str) -> Response:
        product = the_one(Product.objects.select_related("picture"), asin=asin)
        return Response(self.get_serializer(product).data)


class CoBuys(ApiView, ListAPIView):
    role = User.Role.RESEARCHER
    query = CoBuyQuery
    serializer_class = CoBuySerializer

    def get_queryset(self) -> QuerySet[CoBuy]:
        pairs = CoBuy.objects.select_related("a__picture", "b__picture")
        if "asin" not in self.asked:
            return pairs
        product = Product.objects.filter(asin=self.asked["asin"]).first()
        return pairs.filter(Q(a=product) | Q(b=product)) if product else pairs.none()


class CoBuyDetail(ApiView):
    role = User.Role.RESEARCHER
    serializer_class = CoBuySerializer

    def get(self, request: Request, cobuy_id: int) -> Response:
        pair = the_one(CoBuy.objects.select_related("a__picture", "b__picture"), pk=cobuy_id)
        return Response(self.get_serializer(pair).data)


class JpegRenderer(BaseRenderer):
    """For the schema only; the page's own view writes the answer."""

    media_type, format = "image/jpeg", "jpg"


class PictureDetail(ApiView):
    renderer_classes = (JpegRenderer,)

    @extend_schema(responses={(200, "image/jpeg"): OpenApiTypes.BINARY})
    def get(self, request: Request, digest: str) -> FileResponse:
        return picture_page(request._request, digest=digest)
