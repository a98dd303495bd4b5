"""Rules that pause an annotator. A study's `rules` are {name: {"limit", "least"}}, and "alarm" is a share.

A share under its limit breaks gold, repeats and agreement; a share over it breaks fast ("seconds": what is too fast);
a row of `limit` equal answers breaks line. `least` is how many answers a rule needs before it speaks.
"""

from annotation.models.protocol_fields import RULE_FIELDS
from stats.people.annotators import Quality

BELOW = {
    "gold": "of the items with a known answer were answered as expected",
    "repeats": "of the items shown twice were answered the same way",
    "agreement": "of the comparisons with others agree",
}
FAST, LINE, ALARM = "fast", "line", "alarm"
LIMIT, LEAST, SECONDS, ROW, PAUSED = (RULE_FIELDS[name] for name in ("limit", "least", "seconds", "row", "alarm"))


def rule_broken(rules: dict, quality: Quality) -> str:
    """Why the annotator is to be paused, in one line; empty where no rule is broken."""
    for name, words in BELOW.items():
        rule, share = rules.get(name), getattr(quality, name)
        if rule and share.n >= rule["least"] and share.value is not None and share.value < rule["limit"]:
            return f"{100 * share.value:.0f} % {words}; the study asks for {100 * rule['limit']:.0f} %"
    rule = rules.get(FAST)
    fast = quality.fast.value
    if rule and quality.fast.n >= rule["least"] and fast is not None and fast > rule["limit"]:
        return f"{100 * fast:.0f} % of the answers came in under {rule['seconds']:g} s"
    if LINE in rules and quality.line >= rules[LINE]["limit"]:
        return f"{quality.line} answers in a row are the same"
    return ""


def rules_problem(rules: dict) -> str:
    """What is wrong with them, in one line; empty where nothing is."""
    if unknown := set(rules) - {*BELOW, FAST, LINE, ALARM}:
        return f"Unknown rules {', '.join(sorted(unknown))}; known are {', '.join([*BELOW, FAST, LINE, ALARM])}"
    for name in (*BELOW, FAST):
        if name in rules and not (LIMIT.has(rules[name]["limit"]) and LEAST.has(rules[name]["least"])):
            return f"The rule {name} needs a share between 0 and 1, and {LEAST.range} answers to speak of"
    if FAST in rules and not SECONDS.has(rules[FAST]["seconds"]):
        return f"The rule fast needs the seconds that an answer takes at least, {SECONDS.range}"
    if LINE in rules and not ROW.has(rules[LINE]["limit"]):
        return f"The rule line needs a row of {ROW.range} answers"
    if ALARM in rules and not PAUSED.has(rules[ALARM]):
        return f"The alarm is a share of the annotators between 0 and 1, not {rules[ALARM]:g}"
    return ""
