from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def forget(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Answers with a webhook's secret were kept to be told again."""
    apps.get_model("api", "IdempotencyRecord").objects.filter(body__has_key="secret").delete()


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial")]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop, elidable=True)]
