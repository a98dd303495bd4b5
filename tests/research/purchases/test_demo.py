from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from distillation.models import PurchaseImport
from mindsite.demo import demo_purchases
from research.models import PurchaseTest
from tests.distillation.builders import finished_run

pytestmark = pytest.mark.django_db
SAMPLE = settings.BASE_DIR / "distillation" / "sample"


def test_the_demos_purchases_are_called_simulated_on_every_page(as_researcher: Client) -> None:
    call_command(
        "import_catalog", SAMPLE / "products.csv", "--format", "csv", "--cobuys", SAMPLE / "cobuys.csv",
        stdout=StringIO(),
    )  # fmt: skip
    run = finished_run(name="rules")
    for _ in range(2):  # the second demo makes nothing more
        demo_purchases(SAMPLE / "purchases.csv", run)
    assert PurchaseImport.objects.count() == 1
    made = PurchaseTest.objects.get()
    for place in ("", f"{made.name}/"):
        page = as_researcher.get(f"/research/purchases/{place}").content.decode().lower()
        assert "simulated" in page and "no model" in page
    file = as_researcher.get(f"/research/purchases/{made.pk}/bm25/arms.csv")
    assert "demo-purchases-simulated-transfer" in file["Content-Disposition"]
