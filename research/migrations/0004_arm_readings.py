from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("research", "0003_evaluations")]

    operations = [
        migrations.AddField(
            model_name="arm",
            name="reading",
            field=models.CharField(
                blank=True,
                choices=[
                    ("strictness", "from another p(yes) on"),
                    ("all", "all, as without a filter"),
                    ("random", "as many as the filter keeps, drawn by chance"),
                ],
                default="",
                help_text="empty: as the run is",
                max_length=10,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="arm",
            name="strictness",
            field=models.FloatField(blank=True, help_text="of a reading from another p(yes) on", null=True),
        ),
        migrations.RemoveConstraint(model_name="arm", name="arm_once"),
        migrations.AddConstraint(
            model_name="arm",
            constraint=models.UniqueConstraint(fields=("experiment", "run", "factor", "value"), name="arm_once"),
        ),
    ]
