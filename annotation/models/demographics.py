"""What annotators say of themselves, where a study asks: apart from all that is judged, and erased with the person."""

from django.db import models
from django.db.models.functions import Now

from annotation.models.participants import Participant


class Demographics(models.Model):
    participant = models.OneToOneField(
        Participant, models.CASCADE, primary_key=True, related_name="demographics", help_text="asked once"
    )
    answers = models.JSONField(help_text="by question; see annotation.design.demographics")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "demographics"

    def __str__(self) -> str:
        return f"demographics of participant {self.participant_id}"
