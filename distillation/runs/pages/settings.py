"""What a filled-in form for a new run asks for."""

from distillation.runs.pages.forms import RunForm
from distillation.runs.services import RunSettings


def run_settings(form: RunForm) -> RunSettings:
    """Raises RunRefused."""
    asked = form.cleaned_data
    return RunSettings.checked(
        relations=form.relations,
        prompts=form.prompt_set or asked["prompts"],
        **{name: asked[name] for name in form.settings_asked},
        catalog=form.catalog,
    )
