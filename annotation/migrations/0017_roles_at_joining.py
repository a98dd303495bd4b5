from django.db import migrations, models

ROLES = [("annotator", "annotator"), ("researcher", "researcher"), ("administrator", "administrator")]


class Migration(migrations.Migration):
    dependencies = [("annotation", "0016_bought_year"), ("accounts", "0002_people")]

    operations = [
        migrations.AddField(
            model_name="participant",
            name="role",
            field=models.CharField(
                choices=ROLES,
                db_default="annotator",
                default="annotator",
                help_text="with which they joined; with another one they judge no further",
                max_length=20,
            ),
        ),
        # Whoever takes part already goes on with the role of today.
        migrations.RunSQL(
            "UPDATE annotation_participant p SET role = u.role FROM accounts_user u"
            " WHERE u.id = p.annotator_id AND u.role <> 'annotator'",
            migrations.RunSQL.noop,
        ),
    ]
