import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0014_study_catalog'),
        ('distillation', '0007_servers_and_features'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='item',
            name='item_once',
        ),
        migrations.AddField(
            model_name='item',
            name='first_shown',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='item',
            name='other',
            field=models.ForeignKey(blank=True, db_index=False, help_text='what it meets', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='distillation.intention'),
        ),
        migrations.AddField(
            model_name='item',
            name='other_run',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='distillation.run'),
        ),
        migrations.AddField(
            model_name='item',
            name='second_shown',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
        migrations.AddField(
            model_name='judgment',
            name='first_left',
            field=models.BooleanField(help_text='of a pair, whether its first intention was on the left', null=True),
        ),
        migrations.AddField(
            model_name='judgment',
            name='preference',
            field=models.PositiveSmallIntegerField(blank=True, choices=[(1, 'Left is better'), (2, 'Right is better'), (3, 'Both good'), (4, 'Both bad'), (5, "I can't tell")], null=True),
        ),
        migrations.AddField(
            model_name='judgmentrevision',
            name='preference',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='lease',
            name='first_left',
            field=models.BooleanField(help_text='of a pair, whether its first intention is on the left', null=True),
        ),
        migrations.AddField(
            model_name='study',
            name='kind',
            field=models.CharField(choices=[('rating', 'each intention is rated'), ('preference', 'two intentions for one co-buy and relation are compared')], db_default='rating', default='rating', max_length=10),
        ),
        migrations.AlterField(
            model_name='judgment',
            name='plausibility',
            field=models.SmallIntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='judgmentrevision',
            name='plausibility',
            field=models.SmallIntegerField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name='item',
            index=models.Index(condition=models.Q(('other__isnull', False)), fields=['other'], name='item_other'),
        ),
        migrations.AddConstraint(
            model_name='item',
            constraint=models.UniqueConstraint(fields=('study', 'intention', 'other'), name='item_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='judgment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('first_left__isnull', True), ('plausibility__isnull', False), ('preference__isnull', True)), models.Q(('first_left__isnull', False), ('plausibility__isnull', True), ('preference__isnull', False), ('typicality__isnull', True)), _connector='OR'), name='judgment_of_one_kind'),
        ),
    ]
