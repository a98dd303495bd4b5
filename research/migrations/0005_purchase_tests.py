import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("distillation", "0012_purchases"),
        ("research", "0004_filters_and_blunt_test"),
    ]

    operations = [
        migrations.CreateModel(
            name="PurchaseTest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, validators=[django.core.validators.RegexValidator("^(?!\\.+\\Z)[\\w.-]+\\Z", "Use letters, digits, dots, hyphens and underscores.")])),
                ("until", models.DateField(help_text="purchases after this day are to be predicted")),
                ("design", models.CharField(choices=[("transfer", "Transfer"), ("one-sided", "One-sided"), ("naive", "Naive")], max_length=10)),
                ("negatives", models.CharField(choices=[("random", "at random"), ("category", "from the same category")], max_length=10)),
                ("config", models.JSONField(help_text="seed, strictness, release of the model, versions")),
                ("results", models.JSONField(help_text="figures by ranker, what was left out, the leak")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("run", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="distillation.run")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("name", "design", "negatives"), name="purchase_test_once")],
            },
        ),
    ]
