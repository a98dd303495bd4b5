"""Prompts of one's own are written in the form of a new run, seen whole, tried on three, and kept with the run."""

import pytest
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from accounts.models import User
from distillation.models import Feature, Intention, PromptVersion, Run
from distillation.pipeline.options import Options
from distillation.pipeline.prompts import PromptError, PromptSet
from distillation.prompts.stored import PromptsRefused, prompts_save
from distillation.runs.services import RunSettings
from tests.api.builders import program, send
from tests.distillation.builders import cobuys
from tests.distillation.odd_server import Told, plain, serving

pytestmark = pytest.mark.django_db
TEXTS = PromptSet.load().texts | {"describe": "Say what {title} is <b>good</b> for."}


def asked(**more: object) -> dict:
    texts = {f"prompt_{name}": text for name, text in TEXTS.items()}
    form = {"name": "r1", "backend": "baseline", "preset": "mind", "samples": 1, "temperature": 0.2, "max_tokens": 512}
    form |= {"strictness": 0.5, "limit": 1, "prompts": "own", "prompts_name": "mine-1"}
    return {**form, **texts, **more}


def words(client: Client, page: str, status: int = 200, **more: object) -> str:
    answer = client.post(reverse(page), asked(**more))
    assert answer.status_code == status, answer.content.decode()
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("text", ["{title:>999999999}", "{title!r}", "{title.__class__}", "no placeholder", "{title"])
def test_a_text_of_ones_own_has_names_in_braces_and_nothing_more(text: str) -> None:
    with pytest.raises(PromptError, match="The text describe"):
        PromptSet.of_texts("mine", TEXTS | {"describe": text})


def test_a_run_keeps_the_texts_and_reads_them_from_itself(as_researcher: Client, researcher: User) -> None:
    cobuys(1)
    as_researcher.post(reverse("run-new"), asked())
    run, version = Run.objects.get(), PromptVersion.objects.get()
    PromptVersion.objects.all().delete()
    assert (version.name, version.created_by) == ("mine-1", researcher)
    assert Options.from_config(run.config).prompts == PromptSet.of_texts("mine-1", TEXTS)
    assert run.config["prompt_digest"] == version.digest
    page = as_researcher.get(reverse("run-detail", args=["r1"])).content.decode()
    assert "Say what {title} is &lt;b&gt;good&lt;/b&gt; for." in page


def test_a_version_is_chosen_again_and_never_changed() -> None:
    stored = prompts_save(name="mine-1", texts=TEXTS, created_by=None)
    assert prompts_save(name="mine-1", texts=TEXTS, created_by=None) == stored
    settings = RunSettings.checked(relations="mind", limit=None, prompts="mine-1")
    assert (settings.prompt_texts, settings.prompt_folder) == (TEXTS, None)
    with pytest.raises(PromptsRefused, match="with other words"):
        prompts_save(name="mine-1", texts=PromptSet.load().texts, created_by=None)
    with pytest.raises(PromptsRefused, match="is shipped"):
        prompts_save(name="mind-1", texts=TEXTS, created_by=None)


def test_errors_stand_at_their_fields_and_nothing_is_stored(as_researcher: Client) -> None:
    cobuys(1)
    page = words(as_researcher, "run-new", 422, prompt_describe="What is it?", prompts_name="")
    assert 'id="id_prompt_describe_error"' in page and "lacks {title}" in page and "Give your version a name" in page
    assert not PromptVersion.objects.exists() and not Run.objects.exists()


def test_a_copy_has_the_words_of_the_chosen_version(as_researcher: Client) -> None:
    prompts_save(name="mine-1", texts=TEXTS, created_by=None)
    part = words(as_researcher, "prompts-copy", prompts="mine-1", prompt_describe="Lost")
    assert "Say what {title} is &lt;b&gt;" in part and 'value="mine-1-mine"' in part and "Lost" not in part
    assert '<option value="own" selected' in part


def test_the_whole_prompt_is_shown_escaped(as_researcher: Client) -> None:
    cobuys(1)
    part = words(as_researcher, "prompts-preview")
    assert "Say what Product B000000000 is &lt;b&gt;good&lt;/b&gt; for." in part
    assert part.count("Product B000000001") == 2  # of the pair in steps 2 and 3
    assert "has unknown {price}" in words(as_researcher, "prompts-preview", 422, prompt_judge="{intention} {price}")


def test_three_are_tried_and_nothing_is_kept(as_researcher: Client) -> None:
    cobuys(4)
    part = words(as_researcher, "prompts-try")
    assert "Tried on 3 co-buys" in part and part.count("The answers as they came") == 3
    assert not (Intention.objects.exists() or Feature.objects.exists() or Run.objects.exists())


def test_a_try_asks_a_server_in_the_new_words(as_researcher: Client) -> None:
    cobuys(1)
    said: list[str] = []

    def answer(body: dict, n: int) -> Told:
        said.append(str(body))
        return plain(body, n)

    with serving(answer) as server:
        words(as_researcher, "prompts-try", backend="openai", base_urls=server.url)
    assert any("Say what Product B000000000 is <b>good</b> for." in body for body in said)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"backend": "openai", "base_urls": "http://elsewhere:8000"}, "not among the model servers"),
        ({"backend": "vllm"}, "tried with the baseline or a model server"),
        ({"categories": "Hats"}, "Hats"),
    ],
)
def test_what_can_not_be_tried_is_said_in_a_line(as_researcher: Client, more: dict, problem: str) -> None:
    cobuys(1)
    with override_settings(LVLM_HOSTS=["gpu-a"]):
        assert problem in words(as_researcher, "prompts-try", 422, **more)


def test_the_api_takes_a_version_and_no_folder(researcher: User) -> None:
    cobuys(1)
    prompts_save(name="mine-1", texts=TEXTS, created_by=None)
    asked, client = {"name": "r1", "backend": "baseline", "with_images": False}, program(researcher)
    assert send(client, "runs", **asked, prompts="docs").status_code == 422
    assert send(client, "runs", **asked, prompts="mine-1").json()["run"]["config"]["prompt_texts"] == TEXTS
