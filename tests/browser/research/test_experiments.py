"""From the door to "Do the pictures help?" in few actions; axe-core finds nothing on the way, nothing is too wide."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from accounts.models import User
from annotation.design.services import study_create
from research.experiments.making import experiment_create, experiment_plan
from tests.annotation.builders import rate_all, show_pictures
from tests.browser.axe import axe_finds, needs_axe
from tests.distillation.builders import finished_run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
QUESTION = "Do the pictures help?"


@pytest.fixture
def asked(transactional_db: None) -> None:
    """As the demo has it: a control and an arm, in pairs, with simulated judgments."""
    runs = [finished_run(6, name="as-is"), finished_run(6, name="grey", kept_every=3)]
    show_pictures()
    plan = experiment_plan(control=runs[0], runs=runs, vary={})
    experiment_create(name="demo-pictures", plan=plan, checked=[], question=QUESTION)
    study = study_create(name="S", runs=runs, items=24, overlap=2, paired=True, seed=2, simulated=True)
    said = {"as-is": [(1, 3), (1, 2)], "grey": [(1, 1), (0, 0)]}
    items = study.items.select_related("run").order_by("pk")
    rate_all(study, {item.pk: said[item.run.name] if i % 3 else [(1, 1), (1, 1)] for i, item in enumerate(items)})


@pytest.mark.usefixtures("asked")
def test_a_new_user_reads_the_answer_after_five_actions(open_as: Callable[..., Page], researcher: User) -> None:
    """Name, password and Enter at the door; then two clicks."""
    page = open_as(researcher, reverse("study-list"), by_form=True)
    page.get_by_role("link", name="Research").click()
    row = page.get_by_role("row").filter(has_text=QUESTION)
    row.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(QUESTION)
    expect(page.locator(".answer-line")).to_contain_text(re.compile("points|can't tell"))
    expect(page.get_by_role("heading", name="What this sample can tell").first).to_be_visible()


@pytest.mark.usefixtures("asked")
def test_figures_switch_in_place_and_keys_turn_the_cobuys(open_as: Callable[..., Page], researcher: User) -> None:
    page = open_as(researcher, reverse("experiment", args=["demo-pictures"]))
    page.get_by_role("navigation", name="Figure").get_by_role("link", name="Typical").click()
    expect(page.get_by_role("heading", name="Typical by relation")).to_be_visible()
    page.get_by_role("navigation", name="In parts").get_by_role("link", name="Category").click()
    expect(page.get_by_role("heading", name="Typical by category")).to_be_visible()
    expect(page).to_have_url(re.compile("figure=typical&by=category"))
    page.locator("#same").scroll_into_view_if_needed()
    expect(page.locator("#same .sidebyside li")).to_have_count(2)
    page.keyboard.press("j")
    expect(page.get_by_label("Co-buy", exact=True)).to_have_value("2")
    page.locator("#same select[name=show]").select_option("differ")
    expect(page.locator("#same")).to_contain_text("of 6")


@pytest.mark.usefixtures("asked")
def test_words_of_ones_own_are_seen_whole_and_tried(open_as: Callable[..., Page], researcher: User) -> None:
    page = open_as(researcher, reverse("run-new"), troubled=True)  # a preview gives way to the next one
    page.get_by_role("button", name="Edit a copy").click()
    page.get_by_label("Step 2 ends").fill("In one line: {phrase}")
    page.get_by_label("Name of your version").focus()  # the text is left
    expect(page.locator("#prompt-shown")).to_contain_text("In one line: ")
    page.locator("input[name=backend][value=baseline]").check()
    page.get_by_role("button", name="Try on three co-buys").click()
    expect(page.locator("#tried .tried > li")).to_have_count(3)


@pytest.mark.usefixtures("asked")
def test_a_try_goes_on_while_the_form_is_changed(open_as: Callable[..., Page], researcher: User) -> None:
    page = open_as(researcher, reverse("run-new"))
    page.locator("input[name=backend][value=baseline]").check()
    held: list[Route] = []
    page.route("**" + reverse("prompts-try"), lambda route: held.append(route))  # noqa: PLW0108, it wants a function
    page.get_by_role("button", name="Try on three co-buys").click()
    with page.expect_response("**" + reverse("run-forecast")):
        page.get_by_label("Name", exact=True).fill("another")
    held[0].continue_()
    expect(page.locator("#tried .tried > li")).to_have_count(3)


@needs_axe
@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_axe_finds_nothing(open_as: Callable[..., Page], researcher: User, scheme: str, width: int) -> None:
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}, "bypass_csp": True}
    page = open_as(researcher, reverse("experiment-list"), **look)
    names = ("experiment", "experiment-pairs", "experiment-new", "run-new", "online-new", "purchase-import-list")
    found = {}
    for name in names:
        page.goto(reverse(name, args=["demo-pictures"] if name in names[:2] else []))
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        found[name] = (axe_finds(page), page.evaluate("document.documentElement.scrollWidth > innerWidth"))
    assert found == {name: ([], False) for name in names}


@pytest.mark.usefixtures("asked")
def test_treatments_are_chosen_with_the_arrows(open_as: Callable[..., Page], researcher: User) -> None:
    page = open_as(researcher, reverse("run-new"))
    expect(page.locator("#forecast")).to_contain_text("at most: ")  # counted by itself
    chosen = page.locator("[name=pictures]:checked")
    chosen.focus()
    page.keyboard.press("ArrowRight")
    expect(chosen).to_have_value("grey")
