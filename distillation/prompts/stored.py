"""Versions of prompts by name: those shipped, those written in the browser, folders of one's own."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from common.refusals import Refused
from common.rows import fields_refused, name_lock
from distillation.models import PromptVersion
from distillation.pipeline.prompts import FOLDER, PromptSet, version_or_folder, versions_in

OWN = "own"  # the choice of a form, and so no version's name


class PromptsRefused(Refused):
    """One line for the person who asked: what is wrong and what to do."""


def prompts_named(name: str) -> PromptSet:
    """Raises PromptError where there is neither a version nor a folder of that name."""
    _, folder = version_or_folder(name, FOLDER)
    return PromptSet.named(name) if folder else prompts_version(name)


def prompts_version(name: str) -> PromptSet:
    """The same but for folders, which are for who is at this machine."""
    stored = PromptVersion.objects.filter(name=name).first()
    return PromptSet.of_texts(stored.name, stored.texts) if stored else PromptSet.load(name)


def prompts_settings(prompts: PromptSet) -> dict[str, Any]:
    """What of them a run keeps."""
    return {
        "prompt_version": prompts.version,
        "prompt_folder": prompts.folder,
        "prompt_digest": prompts.digest,
        "prompt_texts": prompts.texts if prompts.is_stored else None,
    }


@transaction.atomic
def prompts_save(*, name: str, texts: Mapping[str, str], created_by: User | None) -> PromptVersion:
    """The same words under the same name are there already; raises PromptError for what is no template."""
    found = PromptSet.of_texts(name, texts)
    name_lock("prompts_save", name)
    if earlier := PromptVersion.objects.filter(name=name).first():
        if earlier.digest != found.digest:
            raise PromptsRefused(f"There are prompts named {name} with other words: choose another name for yours")
        return earlier
    if name in (*versions_in(FOLDER), OWN):
        raise PromptsRefused(f"{name} is a version that is shipped: choose another name for yours")
    version = PromptVersion(name=name, texts=found.texts, digest=found.digest, created_by=created_by)
    try:
        version.clean_fields(exclude=["created_at"])
    except ValidationError as error:
        raise PromptsRefused(fields_refused(version, error)) from error
    version.save()
    return version
