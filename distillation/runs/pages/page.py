"""The run page's words and formats for the numbers of `reports`, `kept` and `timeline`."""

from collections.abc import Sequence
from dataclasses import asdict

from common.words import counted, dollars, duration, large, percent, price
from distillation.models import AlarmLimits, Run, Worker
from distillation.runs.failures import HOPELESS
from distillation.runs.kept import Kept, run_kept
from distillation.runs.pages.notes import run_notes
from distillation.runs.pages.plots import line_plot, round_top
from distillation.runs.reports import LATELY_S, Counts, Step, run_counts, run_revision
from distillation.runs.timeline import Span, Tally, run_recent, run_spans

NOW_S = 30
TABLE_ROWS = 24
EVERY_S: dict[str, int] = {Run.State.RUNNING: 1, Run.State.PAUSED: 1}


def run_page(run: Run) -> dict:
    revision = run_revision(run)  # first: what is written in between is then shown again, never missed
    counts, spans = run_counts(run), run_spans(run)
    made = sum((span.tally for span in spans), Tally()).intentions
    lately = run_recent(run, LATELY_S)
    kept = run_kept(run, run.strictness, verdicts=counts.verdicts)
    return {
        "revision": revision,
        "goes_on": run.state in EVERY_S,
        "every": EVERY_S.get(run.state, 10),
        "counts": counts,
        "notes": run_notes(run, counts),
        "steps": [_step(run, step, lately) for step in counts.steps(made) if step.total and not run.is_imported],
        "figures": _figures(run, counts, kept, spans, lately),
        "failures": [_failure(run, group) for group in counts.failures],
        "retry": sum(group["count"] for group in counts.failures if _may_succeed(run, group)),
        "workers": Worker.objects.alive().order_by("name"),
        "plots": _plots(spans, AlarmLimits.now().kept) if len(spans) > 1 else [],
        "table": _table(spans),
    }


def _figures(run: Run, counts: Counts, kept: Kept, spans: Sequence[Span], lately: Span) -> list[dict]:
    """What there is to say of it: rules have no tokens, and what was made elsewhere asked nothing here."""
    if run.is_imported:
        return [_kept(run, kept)] if kept.verdicts else []
    total = sum((span.tally for span in spans), Tally())
    of_model = [] if run.is_baseline else [_tokens(run, total), _cost(run, counts, total)]
    return [_kept(run, kept), _rate(run, spans, lately), *of_model]


def kept_words(kept: Kept) -> str:
    if kept.half_width is None:
        return f"{kept.kept:,} of {counted(kept.verdicts, 'verdict')}"
    return f"± {100 * kept.half_width:.1f}, from {counted(kept.verdicts, 'verdict')} of sampled co-buys"


def _step(run: Run, step: Step, lately: Span) -> dict:
    rate = getattr(lately.tally, step.name.lower()) / lately.seconds
    left = step.total - step.done - step.failed
    goes_on = run.state == Run.State.RUNNING and not run.message
    pace = f"{rate:,.1f} a second" if rate and left and goes_on else ""
    # Features are asked for as their co-buys come up, so their own rate does not tell when they end.
    eta = f"about {duration(left / rate)} left" if pace and step.name != "Features" else ""
    return {
        **{name: getattr(step, name) for name in ("name", "done", "failed", "total", "cached")},
        "ended": step.done + step.failed,
        "asked_percent": step.percent - step.cached_percent,
        "cached_percent": step.cached_percent,
        "failed_percent": step.failed_percent,
        "percent_text": percent(step.done / step.total) if step.total else "",
        "pace": pace,
        "eta": eta,
    }


def _kept(run: Run, kept: Kept) -> dict:
    if not run.is_filtered:
        return _figure("kept", "Kept share", _split(percent(kept.share)), ["no filter is asked: all count as kept"])
    how = (
        f"Kept: p(yes) of {run.strictness:g} or more; where the server gives no probability, a plain yes. A run of "
        "more than 10,000 verdicts is sampled: always the same co-buys, whatever the strictness, with the interval of "
        "a ratio over co-buys (95 %); run_status counts them all."
    )
    lines = [kept_words(kept) if kept.verdicts else "no verdict yet", f"strictness {run.strictness:g}"]
    return _figure("kept", "Kept share", _split(percent(kept.share)), lines, how)


def _rate(run: Run, spans: Sequence[Span], lately: Span) -> dict:
    seconds = sum(span.seconds for span in spans)
    mean = sum(span.tally.calls for span in spans) / seconds if seconds else 0.0
    if run.state != Run.State.RUNNING:
        big = (f"{mean:,.1f}", "calls/s") if spans else ("–", "")
        whole = "over the whole run" if spans else "no call yet"
        return _figure("rate", "Rate", big, [whole, f"{run.get_state_display()}: no new calls"])
    whole = f"{mean:,.1f} calls/s over the whole run" if spans else "no call yet"
    now = run_recent(run, NOW_S)
    lines = [f"{lately.calls_per_second:,.1f} calls/s over the last {LATELY_S // 60} minutes", whole]
    return _figure("rate", "Rate now", (f"{now.calls_per_second:,.1f}", "calls/s"), lines)


def _tokens(run: Run, total: Tally) -> dict:
    if not total.prompt_tokens + total.completion_tokens:
        return _figure("tokens", "Tokens", ("–", ""), ["none reported by the server"])
    cached = percent(total.cached_tokens / total.prompt_tokens) if total.prompt_tokens else "–"
    lines = [f"in {large(total.prompt_tokens)}", f"of these cached {large(total.cached_tokens)} ({cached})"]
    words = large(total.prompt_tokens + total.completion_tokens)
    return _figure("tokens", "Tokens", _split(words), [*lines, f"out {large(total.completion_tokens)}"])


def _cost(run: Run, counts: Counts, total: Tally) -> dict:
    cost = total.cost(run.prices)
    if cost is None:
        return _figure("cost", "Cost", ("–", ""), ["Set the prices of tokens in and out below"])
    prices = ", ".join(f"{price(run.prices[kind])} {word}" for kind, word in PRICED_WORDS if kind in run.prices)
    whole = f"about {dollars(cost * counts.units / counts.ended)} in all" if counts.owed and counts.ended else ""
    return _figure("cost", "Cost so far", (dollars(cost), ""), [whole, f"{prices}, per million"])


PRICED_WORDS = (("prompt", "in"), ("cached", "cached"), ("completion", "out"))


def _figure(key: str, title: str, big: tuple[str, str], lines: Sequence[str], how: str = "") -> dict:
    return {"key": key, "title": title, "big": big[0], "unit": big[1], "lines": [x for x in lines if x], "how": how}


def _split(words: str) -> tuple[str, str]:
    number, _, unit = words.partition(" ")
    return number, unit


def _may_succeed(run: Run, group: dict) -> bool:
    return run.state != Run.State.CANCELLED and group["reason"] not in (*HOPELESS, "no_features")


def _failure(run: Run, group: dict) -> dict:
    return {**group, "words": group["reason"].replace("_", " "), "retry": _may_succeed(run, group)}


def _plots(spans: Sequence[Span], limit: float | None) -> list[dict]:
    most = round_top(max(span.calls_per_second for span in spans))
    calls = [(span.at, span.calls_per_second) for span in spans]
    yes = [(span.at, None if (share := span.tally.yes_share) is None else 100 * share) for span in spans]
    alarm = f" Dashed: alarm under {100 * limit:g} %." if limit else ""
    each = f"Each point is {duration(spans[0].seconds)}."
    return [
        {
            "title": "Rate over time",
            "note": f"Calls a second, tries that failed included. {each}",
            "kind": "rate",
            "up": "Calls a second",
            **asdict(line_plot(calls, top=most)),
        },
        {
            "title": "Kept share over time",
            "note": f"Plain yes of the filter, whatever the strictness.{alarm} {each}",
            "kind": "kept",
            "up": "Plain yes, share",
            "alarm": 100 * limit if limit else None,
            **asdict(line_plot(yes, top=100, unit=" %")),
        },
    ]


def _table(spans: Sequence[Span]) -> list[dict]:
    size = -(-len(spans) // TABLE_ROWS)
    rows = []
    for part in (spans[i : i + size] for i in range(0, len(spans), size or 1)):
        tally, seconds = sum((span.tally for span in part), Tally()), sum(span.seconds for span in part)
        rates = [f"{n / seconds:,.1f}" for n in (tally.calls, tally.features, tally.intentions, tally.verdicts)]
        rows.append({"at": part[0].at, "rates": rates, "yes": percent(tally.yes_share), "failures": tally.failures})
    return rows
