"""What ends a run, or keeps it from starting: in one line, with what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from distillation.lvlm.base import Unfit, WrongModel
from distillation.lvlm.openai.refusals import Refusal

SHOWN = 200  # characters of an answer


def stop(url: str, told: Refusal, headers: Mapping[str, str]) -> Unfit | None:
    """Why no further call will be taken, however long one waits; None where that is not so."""
    words = f"{told.status}: {told.words[:SHOWN]}"
    if told.is_quota:
        return Unfit(f"{url} says that the quota is used up ({words}): add credit there, then resume the run.")
    if told.status in (401, 403) and not told.is_filtered:
        return Unfit(f"{url} turns us away ({words}): check the API key, LVLM_API_KEY, then resume the run.")
    if 300 <= told.status < 400:
        host = urlsplit(headers.get("Location", "")).netloc
        return Unfit(f"{url} redirects to {host or 'another address'}, and no redirect is followed: give that URL.")
    return None


def too_few_pictures(url: str, takes: int, wanted: int) -> Unfit:
    if not takes:
        return Unfit(f"{url} takes no pictures: run without them (--no-images), or serve a vision-language model.")
    return Unfit(
        f"{url} takes {takes} picture in a call, a co-buy has {wanted}: put them side by side on one canvas "
        "(--side-by-side), run without them (--no-images), or raise the server's limit."
    )


def named_model(url: str, asked: str, served: Sequence[str] | None) -> str:
    """The model that is meant; a name is believed where the server lists none. Raises WrongModel."""
    if served is None:
        if asked:
            return asked
        raise WrongModel(f"{url} does not list its models: name the one that is meant (--model).")
    if not asked and len(served) == 1:
        return served[0]
    if asked in served:
        return asked
    serves = ", ".join(served[:10]) or "no model"
    raise WrongModel(f"{url} does not serve {asked!r}; it serves {serves}: name one of these.")
