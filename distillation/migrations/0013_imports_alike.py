from django.db import migrations, models


class Migration(migrations.Migration):
    """Words alone: the two kinds of imports have the same fields."""

    dependencies = [("distillation", "0012_purchases")]

    operations = [
        migrations.AlterField(
            model_name="purchaseimport",
            name="progress",
            field=models.JSONField(default=dict, help_text="how far each file has been read"),
        ),
        migrations.AlterField(
            model_name="purchaseimport",
            name="state",
            field=models.CharField(
                choices=[
                    ("reading", "reading"),
                    ("writing", "writing"),
                    ("done", "done"),
                    ("refused", "refused"),
                ],
                default="reading",
                max_length=10,
            ),
        ),
    ]
