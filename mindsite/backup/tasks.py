"""Backups by the clock of the workers, where BACKUP_PATH names a folder that they reach."""

import fcntl
import logging
import os
import time

from celery import shared_task
from django.conf import settings

from mindsite.backup.making import backup_make, last_backup
from mindsite.backup.places import prune
from mindsite.backup.programs import BackupRefused
from mindsite.backup.sealing import Seal

EVERY_S = 24 * 3600
LOCK = "making.lock"
log = logging.getLogger(__name__)


@shared_task
def backup_if_due() -> None:
    place = settings.BACKUP_PATH
    if place is None or time.time() - last_backup() < EVERY_S:
        return
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = os.open(place / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        log.error("No backup: %s can't be written (%s)", place, error.strerror)
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        seal = Seal.of(settings.BACKUP_KEY_FILE) if settings.BACKUP_KEY_FILE else None
        folder, manifest = backup_make(place, seal)
        gone = prune(place, settings.BACKUP_KEEP)
        log.info(
            "%s: %d tables, %d picture files; %d older deleted", folder, len(manifest.tables), manifest.pictures, gone
        )
    except BlockingIOError:
        pass  # another worker makes it
    except BackupRefused as refusal:
        log.error("No backup: %s", refusal)
    finally:
        os.close(held)
