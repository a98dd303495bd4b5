"""Days as people name them, in the time zone of the pages."""

from datetime import date, datetime

from django.utils import timezone


def start_of(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))
