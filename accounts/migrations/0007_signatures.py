from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_identity")]

    operations = [
        migrations.AddField(
            "link",
            "signature",
            models.CharField(
                blank=True,
                choices=[
                    ("prolific", "Prolific, by its secured URL"),
                    ("key", "a key that whoever sends people has too"),
                ],
                db_default="",
                help_text="how the platform signs its workers' ids",
                max_length=10,
            ),
        ),
        migrations.RunSQL("UPDATE accounts_link SET signature = 'key' WHERE signed", migrations.RunSQL.noop),
        migrations.RemoveField("link", "signed"),
    ]
