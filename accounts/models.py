from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    class Role(models.TextChoices):
        ANNOTATOR = "annotator", "annotator"
        RESEARCHER = "researcher", "researcher"
        ADMINISTRATOR = "administrator", "administrator"

    role = models.CharField(max_length=20, choices=Role, default=Role.ANNOTATOR)

    @property
    def is_researcher(self) -> bool:
        """May see verdicts, figures and exports; administrators may too."""
        return self.role in (self.Role.RESEARCHER, self.Role.ADMINISTRATOR) or self.is_superuser

    def save(self, *args, **kwargs) -> None:
        # The admin site asks for these two flags; the role decides them.
        if self.is_superuser:
            self.role = self.Role.ADMINISTRATOR
        self.is_staff = self.is_superuser = self.role == self.Role.ADMINISTRATOR
        super().save(*args, **kwargs)
