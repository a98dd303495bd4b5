"""What imports of files have in common."""

from django.db import models
from django.db.models.functions import Now


class FileImport(models.Model):
    """What was asked, how far it is, and what became of every line."""

    class State(models.TextChoices):
        READING = "reading", "reading"
        WRITING = "writing", "writing"
        DONE = "done", "done"
        REFUSED = "refused", "refused"

    key = models.CharField(max_length=64, db_index=True, help_text="SHA-256 over files and options: who resumes what")
    format = models.CharField(max_length=20)
    sources = models.JSONField(help_text="file names and sizes")
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    message = models.CharField(max_length=1000, blank=True)
    progress = models.JSONField(default=dict, help_text="how far each file has been read")
    account = models.JSONField(default=dict, help_text="counts by named reason; they add up")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def file_names(self) -> str:
        return ", ".join(source["name"] for source in self.sources)

    @property
    def is_ended(self) -> bool:
        return self.state in (self.State.DONE, self.State.REFUSED)
