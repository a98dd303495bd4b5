from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def trust_commands(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Pages and the API say who started a run; a command does not."""
    apps.get_model("distillation", "Run").objects.filter(created_by=None).update(any_server=True)


class Migration(migrations.Migration):
    dependencies = [("distillation", "0014_uploads")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="any_server",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="base_urls were given on this machine: LVLM_HOSTS does not bind them",
            ),
        ),
        migrations.RunPython(trust_commands, migrations.RunPython.noop, elidable=True),
    ]
