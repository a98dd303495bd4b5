"""The dataset card: what Hugging Face shows of a dataset, written from the facts of the export."""

import json
from datetime import datetime

from common.version import __version__
from distillation.models import Run
from distillation.pipeline.relations import RELATIONS
from knowledge.exports.rows import COLUMNS, Facts
from knowledge.exports.selection import Selection

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))
MEANINGS = {
    "id": "of the intention; stays the same in every export of this database",
    "run": "the run that it was made in",
    "backend": "what made it; `baseline` is rules, no model, and `imported` was made elsewhere",
    "model": "which model, as its server names it",
    "asin_a": "the first product",
    "asin_b": "the second product",
    "title_a": "title of the first product",
    "title_b": "title of the second product",
    "category_a": "category of the first product; empty where none is known",
    "category_b": "category of the second product; empty where none is known",
    "relation": "what was asked for, as a code",
    "relation_words": "the same in words",
    "intention": "why somebody would buy both",
    "verdict": "the filter's answer, yes or no; null where it was not asked",
    "p_yes": "the filter's probability of yes; null where none was given",
    "kept": "`p_yes` at or over the threshold; without `p_yes`, a yes",
    "reason": "the filter's, for its verdict",
    "human_plausible": "share of the people who found the intention plausible; null where nobody was asked",
    "n_judgments": "people who judged it",
    "human_label": "their majority: plausible, implausible, tied; null where nobody was asked",
}


def dataset_card(selection: Selection, facts: Facts, at: datetime) -> str:
    return _HEAD.format(
        name=json.dumps(f"Purchase intentions of run {selection.run.name}"),
        size=next((word for most, word in SIZES if facts.intentions < most), "n>10M"),
        run=selection.run.name,
        **_sentences(selection, facts, at),
        relations="\n".join(_relation_row(facts, code) for code in facts.by_relation),
        columns="\n".join(f"| `{name}` | {MEANINGS[name]} |" for name in COLUMNS),
    )


def _sentences(selection: Selection, facts: Facts, at: datetime) -> dict[str, object]:
    run, config = selection.run, selection.run.config
    filters = ", ".join(f"{name} {value}" for name, value in selection.filters.items())
    return {
        "made": _maker(run),
        "prompts": config.get("prompt_version", "not known"),
        "temperature": config.get("temperature", "not known"),
        "pictures": "shown to the model" if config.get("with_images") else "not shown to the model",
        "strictness": f"{run.strictness:g}",
        "filters": filters,
        "n": f"{facts.intentions:,}",
        "kept": _share(facts.kept, facts.verdicts, "intentions with a verdict are kept")
        or "no intention has a verdict",
        "judged": _judged(facts),
        "when": f"{at:%Y-%m-%d %H:%M} UTC",
        "version": __version__,
    }


def _maker(run: Run) -> str:
    if run.is_baseline:
        return "the baseline: rules on titles and pixels, no model. They show the way and are no model's work"
    if run.is_imported:
        return f"others and imported ({run.model}); how is not known here"
    return f"`{run.model}` ({run.backend}), asked under each relation, and filtered by the same model"


def _judged(facts: Facts) -> str:
    plausible = _share(facts.plausible, facts.judged, "were found plausible by most who judged them")
    judged = _share(facts.judged, facts.intentions, "intentions were judged")
    return f"{judged}; {plausible}" if plausible else "nobody has judged these intentions"


def _share(part: int, whole: int, words: str) -> str:
    return f"{part:,} of {whole:,} {words} ({100 * part / whole:.1f} %)" if whole else ""


def _relation_row(facts: Facts, code: str) -> str:
    words = RELATIONS[code].words
    return f"| {code} | {words} | {facts.by_relation[code]:,} | {facts.kept_by_relation[code]:,} |"


_HEAD = """\
---
pretty_name: {name}
# The licence is yours to choose: it depends on the catalog and on the model's terms.
license: unknown
size_categories:
- {size}
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*.parquet
---

# Purchase intentions of run {run}

Why would somebody buy both of two products? {n} intentions, each for a pair of products bought together and one
relation, made by {made}.

- Prompts: {prompts}; temperature {temperature}. Pictures: {pictures}.
- Filter: strictness {strictness}; {kept}.
- People: {judged}.
- This export holds: {filters}.
- Exported on {when} by Mindsite {version}; `manifest.json` has the files' checksums.

What people judge are samples that a study drew: shares of plausible ones speak of those samples. No licence
is given with these data; choose one before you publish them.

| relation | in words | intentions | kept |
|---|---|---|---|
{relations}

| column | meaning |
|---|---|
{columns}
"""
