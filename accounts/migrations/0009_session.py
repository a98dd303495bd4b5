import django.db.models.deletion
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import migrations, models

from accounts.sessions import SessionStore


def take_over(apps, schema_editor):
    """Who is signed in stays so: an upgrade costs nobody the item that they have open."""
    old, known = apps.get_model("sessions", "Session").objects, set(
        apps.get_model("accounts", "User").objects.values_list("pk", flat=True)
    )
    for each in old.iterator():
        person = int(SessionStore().decode(each.session_data).get(SESSION_KEY, 0))
        if person in known:
            apps.get_model("accounts", "Session").objects.create(
                session_key=each.session_key,
                session_data=each.session_data,
                expire_date=each.expire_date,
                person_id=person,
            )
    old.all().delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_two_factor"), ("sessions", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "session", "verbose_name_plural": "sessions", "abstract": False},
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
