"""The dashboard of a study: panels, filters, the slider, and what axe-core says of it."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.services import user_create
from annotation.figures.panels.all import PANELS
from annotation.judging.simulation import study_simulate
from annotation.models import Study
from distillation.models import Run
from tests.annotation.builders import judge, participant, study
from tests.browser.axe import axe_finds, needs_axe
from tests.distillation.builders import finished_run

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]
Opener = Callable[..., Page]


@pytest.fixture
def judged(transactional_db: None) -> Study:
    made = study(run=finished_run(10), items=20, overlap=2, strata=["verdict"])
    people = [user_create(username=f"ann-{i}", password="correct-horse", role=User.Role.ANNOTATOR) for i in range(2)]
    study_simulate(study=made, annotators=people, seed=1)
    return made


def all_panels(page: Page) -> None:
    for name in PANELS:
        panel = page.locator(f"#panel-{name}")
        panel.evaluate("panel => panel.scrollIntoView()")
        expect(panel.get_by_role("button", name="How this is computed")).to_be_visible()


def test_all_panels_come_when_they_are_scrolled_to(open_as: Opener, researcher: User, judged: Study) -> None:
    page = open_as(researcher, reverse("study", args=[judged.pk]))
    all_panels(page)
    expect(page.locator(".panel.waiting")).to_have_count(0)


def test_a_panel_that_fails_says_so_and_comes_again(open_as: Opener, researcher: User, judged: Study) -> None:
    page = open_as(researcher, reverse("study-protocol", args=[judged.pk]), troubled=True)
    page.route("**/panels/confusion/**", lambda route: route.abort())
    page.goto(reverse("study", args=[judged.pk]))
    panel = page.locator("#panel-confusion")
    panel.scroll_into_view_if_needed()
    expect(panel.get_by_text("can't be loaded just now")).to_be_visible()
    page.unroute("**/panels/confusion/**")
    panel.get_by_role("button", name="Try again").click()
    expect(panel.get_by_text("✓ Rightly kept")).to_be_visible()


def test_a_filter_swaps_the_figures_and_names_itself_in_the_address(
    open_as: Opener, researcher: User, judged: Study
) -> None:
    page = open_as(researcher, reverse("study", args=[judged.pk]))
    page.get_by_label("Relation", exact=True).select_option("isA")
    page.wait_for_url("**/?relation=isA")
    expect(page.locator("#figures")).to_contain_text("items have one")
    all_panels(page)
    page.reload()
    expect(page.get_by_label("Relation", exact=True)).to_have_value("isA")


def test_the_slider_reads_the_curve_by_keyboard(open_as: Opener, researcher: User, judged: Study) -> None:
    page = open_as(researcher, reverse("study", args=[judged.pk]))
    all_panels(page)
    slider = page.get_by_label("Strictness", exact=True)
    slider.focus()
    slider.press("Home")  # at 0 everything is kept
    readout = page.locator("#readout")
    expect(readout.locator("[data-at]")).to_have_text("0")
    expect(readout.locator("[data-reads]").first).to_contain_text("100.0 %")
    slider.press("ArrowRight")
    expect(readout).to_contain_text("0.01")
    best = page.get_by_role("button", name="The best F1")
    at = best.inner_text()
    best.click()
    expect(readout.locator("[data-at]")).to_have_text(at)


def test_the_strictness_is_asked_for_once_and_then_set(open_as: Opener, researcher: User, judged: Study) -> None:
    page = open_as(researcher, reverse("study", args=[judged.pk]))
    all_panels(page)
    page.get_by_label("Strictness", exact=True).press("End")
    page.get_by_role("button", name="Set the run's strictness").click()
    page.get_by_role("button", name="Set it").click()
    expect(page.get_by_text("now keeps what has a p(yes) of 1 or more")).to_be_visible()
    assert Run.objects.get().strictness == 1


def test_an_open_table_stays_open_as_figures_move(open_as: Opener, researcher: User, transactional_db: None) -> None:
    made = study(run=finished_run(3), items=4, overlap=2)
    who = participant(made)
    judge(who)
    page = open_as(researcher, reverse("study-panel", args=[made.pk, "progress"]))
    page.get_by_text("Table", exact=True).click()
    judge(who)
    expect(page.locator("#table-progress tbody")).to_contain_text("6")  # of 8 judgments 2 are there
    expect(page.locator("#table-progress")).to_have_attribute("open", "")


def test_without_scripts_each_panel_is_a_page(open_as: Opener, researcher: User, judged: Study) -> None:
    page = open_as(researcher, reverse("study-protocol", args=[judged.pk]))
    bare = page.context.browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = bare.new_page()
    plain.goto(page.url.replace("/protocol/", "/"))
    plain.get_by_label("Relation", exact=True).select_option("isA")
    plain.get_by_role("button", name="Show").click()
    plain.locator("#panel-confusion").get_by_role("link", name="Open it by itself").click()
    expect(plain.get_by_text("✓ Rightly kept")).to_be_visible()
    assert "relation=isA" in plain.url


@needs_axe
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing(open_as: Opener, researcher: User, judged: Study, scheme: str, width: int) -> None:
    page = open_as(
        researcher,
        reverse("study", args=[judged.pk]),
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,
    )
    all_panels(page)
    assert axe_finds(page) == []
    for summary in page.get_by_text("Table", exact=True).all():
        summary.click()
    page.locator("#how-panel-threshold-open").click()
    assert axe_finds(page) == []
    page.goto(reverse("study-items", args=[judged.pk]))
    assert axe_finds(page) == []
