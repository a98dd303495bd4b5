import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotation', '0007_blocks'),
    ]

    operations = [
        migrations.AlterField(
            model_name='study',
            name='audit_share',
            field=models.FloatField(default=1.0, help_text='of the judgments, after which the verdict is revealed and the audit asked; from 0 to 1', validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1)]),
        ),
        migrations.AlterField(
            model_name='study',
            name='lease_minutes',
            field=models.PositiveSmallIntegerField(default=30, help_text='how long an item stays with an annotator', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)]),
        ),
        migrations.AlterField(
            model_name='study',
            name='qualification_items',
            field=models.PositiveSmallIntegerField(default=0, help_text='gold items before the first item', validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)]),
        ),
        migrations.AlterField(
            model_name='study',
            name='qualification_pass',
            field=models.PositiveSmallIntegerField(default=0, help_text='of them to be answered as expected', validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)]),
        ),
        migrations.AlterField(
            model_name='study',
            name='qualification_tries',
            field=models.PositiveSmallIntegerField(default=1, help_text='at the qualification', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(20)]),
        ),
        migrations.AlterField(
            model_name='study',
            name='repeat_distance',
            field=models.PositiveSmallIntegerField(default=20, help_text='judgments between an item and its repeat, at least', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10000)]),
        ),
        migrations.AlterField(
            model_name='study',
            name='repeat_share',
            field=models.FloatField(default=0.0, help_text="of an annotator's judgments that repeat an earlier item of theirs, unannounced; from 0 to 0.5", validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(0.5)]),
        ),
    ]
