from django.db import migrations, models

# Words that one title in some thousands has are told from those that none has: else every rare word passes for a
# common one, and its search walks through the whole catalog.
# The index may be missing: an import that was killed used to leave it to the next one.
STATISTICS = """
CREATE INDEX IF NOT EXISTS product_title_words
ON distillation_product USING gin (to_tsvector('english'::regconfig, COALESCE(title, '')));
ALTER INDEX product_title_words ALTER COLUMN 1 SET STATISTICS 300
"""


class Migration(migrations.Migration):
    dependencies = [
        ("distillation", "0003_product_without_picture"),
    ]

    operations = [
        migrations.CreateModel(
            name="OwedIndex",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("definition", models.TextField(unique=True)),
            ],
            options={"verbose_name_plural": "owed indexes"},
        ),
        migrations.RemoveIndex(model_name="product", name="product_without_picture"),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                fields=["id"],
                include=["picture_source"],
                condition=models.Q(picture__isnull=True),
                name="product_without_picture",
            ),
        ),
        migrations.RunSQL(STATISTICS, "ALTER INDEX product_title_words ALTER COLUMN 1 SET STATISTICS -1"),
    ]
