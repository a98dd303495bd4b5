"""The form above the dashboard. A value that the study does not have is refused, not guessed at."""

from typing import Any, NamedTuple

from django import forms
from django.contrib.auth.models import Group
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from annotation.design.versions import VersionsRefused, versions_of
from annotation.models import Item, Judgment, Study
from annotation.selection import ADJUDICATED, EVERYTHING, LATENT, PEOPLE, Selection
from common.cached import cached
from distillation.pipeline.relations import RELATIONS

KEPT_SECONDS = 600  # a study's items are drawn once
MOST_LISTED = 60  # categories or annotators; of more one types the name


class Facets(NamedTuple):
    relations: list[str]
    categories: list[str]


class Choices(forms.Select):
    """Written as the template of all others writes it, which takes as long for the hundred options here as the figures
    do."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        options = [option for _, group, _ in widget["optgroups"] for option in group]
        written = format_html_join(
            "\n  ",
            '<option value="{}"{} dir="auto">{}</option>',
            ((each["value"], flatatt(each["attrs"]), each["label"]) for each in options),
        )
        return format_html('<select name="{}"{}>\n  {}\n</select>', name, flatatt(widget["attrs"]), written)


class SelectionForm(forms.Form):
    relation = forms.ChoiceField(required=False, widget=Choices)
    category = forms.ChoiceField(required=False, widget=Choices)
    group = forms.TypedChoiceField(label="Annotators", required=False, coerce=int, empty_value=None, widget=Choices)
    person = forms.ChoiceField(label="Annotator", required=False, widget=Choices)
    run = forms.TypedChoiceField(required=False, coerce=int, empty_value=None, widget=Choices)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    truth = forms.ChoiceField(
        label="Filter against",
        required=False,
        widget=Choices,
        choices=[
            ("", "Majority of complete items"),
            (LATENT, "Latent truth behind the votes"),
            (ADJUDICATED, "The adjudicator, else the majority"),
        ],
    )
    whose = forms.ChoiceField(
        label="Intervals for",
        required=False,
        widget=Choices,
        choices=[("", "These annotators"), (PEOPLE, "People like them")],
    )
    version = forms.CharField(
        label="Protocol versions",
        required=False,
        max_length=200,
        widget=forms.TextInput({"inputmode": "numeric", "size": 8, "autocomplete": "off"}),
    )
    with_seen = forms.BooleanField(label="With people who had seen verdicts", required=False)
    with_excluded = forms.BooleanField(label="With excluded annotators", required=False)

    def __init__(self, data, *, study: Study) -> None:
        super().__init__(data, auto_id="choose_%s")
        self.study, self.facets = study, facets(study)
        self.people: list[tuple[str, str]] = []
        named = sorted((RELATIONS[code].words, code) for code in self.facets.relations)
        self._offer("relation", [(code, words) for words, code in named])
        self._offer("category", [(name, name or "none given") for name in self.facets.categories])
        self._offer("run", [(run.pk, run.name) for run in study.runs_in_order])
        self.fields["version"].widget.attrs["placeholder"] = f"All {study.version}, or such as 1,{study.version}"
        groups = Group.objects.filter(user__participations__study=study).distinct().order_by("name")
        self._offer("group", list(groups.values_list("pk", "name")), "All groups")
        self.fields["person"].choices = self._people  # asked for where one is chosen or the list is shown
        if len(self.facets.categories) > MOST_LISTED:
            self.fields["category"].widget = forms.TextInput({"type": "search", "list": "study-categories"})

    fields: dict[str, Any]  # each of a kind of its own

    def _offer(self, name: str, choices: list[tuple], everything: str = "") -> None:
        self.fields[name].choices = [("", everything or f"All {len(choices)}"), *choices]

    def _people(self) -> list[tuple[str, str]]:
        if not self.people:
            names = self.study.participants.order_by("pk").values_list("pseudonym", flat=True)
            self.people = [("", f"All {len(names)}"), *((name, name) for name in names)]
        return self.people

    @property
    def has_people(self) -> bool:
        return len(self._people()) > 2

    @property
    def many_people(self) -> bool:
        return len(self._people()) > MOST_LISTED

    def clean_until(self):
        since, until = self.cleaned_data.get("since"), self.cleaned_data["until"]
        if since and until and until < since:
            raise forms.ValidationError("it is before the first day; exchange the two.")
        return until

    def clean_version(self) -> tuple[int, ...]:
        try:
            return versions_of(self.study, self.cleaned_data["version"])
        except VersionsRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    @property
    def selection(self) -> Selection:
        return Selection(**self.cleaned_data) if self.is_valid() else EVERYTHING

    @property
    def problem(self) -> str:
        """One line about the first choice that the study doesn't know; empty where all are good."""
        name = next(iter(self.errors), "")
        return f'{name} = "{self.data[name][:40]}" can\'t be chosen: {self.errors[name][0]}' if name else ""

    @property
    def many_categories(self) -> list[str]:
        return self.facets.categories if len(self.facets.categories) > MOST_LISTED else []


def single_choices(study: Study) -> list[Selection]:
    """Each thing that the page offers to choose, alone; of days that in the middle, as the first and as the last."""
    offered = SelectionForm({}, study=study).fields
    names = ("relation", "category", "run", "group", "person", "truth", "whose")
    chosen = [{name: value} for name in names for value, _ in offered[name].choices if value]
    days = sorted(
        Judgment.objects.filter(participant__study=study).values_list("created_at__date", flat=True).distinct()
    )
    chosen += [{"version": (number,)} for number in range(1, study.version + 1)]
    chosen += [{"version": (1, study.version)}] if study.version > 2 else []
    chosen += [{name: day} for day in days[len(days) // 2 :][:1] for name in ("since", "until")]
    return [Selection(**each) for each in (*chosen, {"with_excluded": True})]


def facets(study: Study) -> Facets:
    return cached(f"facets-{study.pk}-{study.n_items}", lambda: _facets(study), KEPT_SECONDS)


def _facets(study: Study) -> Facets:
    pairs = Item.objects.sampled().filter(study=study).order_by().values_list("relation", "category").distinct()
    relations, categories = zip(*pairs, strict=True) if pairs else ((), ())
    return Facets(sorted(set(relations)), sorted(set(categories)))
