"""What a worker makes for the pages. A message may be lost or come twice: the pages ask again."""

from celery import shared_task
from django.http import QueryDict

from annotation.figures.numbers import study_revision
from annotation.figures.opinions import MADE
from annotation.figures.pages.selection_form import SelectionForm
from annotation.figures.rows.asked import Asked
from annotation.figures.rows.live import Live
from annotation.figures.slow import slow_figure_save
from annotation.models import SlowFigure


@shared_task(ignore_result=True)
def slow_figure_make(pk: int) -> None:
    figure = SlowFigure.objects.select_related("study").filter(pk=pk).first()
    if figure is None:
        return
    form = SelectionForm(QueryDict(figure.choice), study=figure.study)
    # The revision is read first: what comes in between is then counted again, never missed.
    asked = Asked(figure.study, form.selection, study_revision(figure.study))
    slow_figure_save(figure=figure, figures=MADE[figure.name](Live(asked)), revision=asked.revision)
