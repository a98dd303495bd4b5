"""A benchmark as what instruction data must not hold."""

from pathlib import Path

from common.refusals import ExportRefused
from knowledge.instructions.exclusion import Excluded
from research.questions.intentionqa import ASKED, NAME, intentionqa
from research.questions.records import BenchmarkRefused


def benchmark_excluded(folder: Path, *, products_too: bool = False) -> Excluded:
    """IntentionQA in this folder, both tasks. Raises ExportRefused."""
    try:
        benchmark = intentionqa(folder, ASKED["both"])
    except BenchmarkRefused as error:
        raise ExportRefused(str(error)) from error
    pairs = [((of.asins[0], of.titles[0]), (of.asins[1], of.titles[1])) for of in benchmark.questions]
    options = [option for question in benchmark.questions for option in question.options.values()]
    return Excluded.of(NAME, benchmark.digest, pairs, options, products_too=products_too)
