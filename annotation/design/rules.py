"""Rules that pause an annotator. Pure: a study's `rules` are {name: {"limit", "least"}}, and "alarm" is a share.

A share under its limit breaks gold, repeats and agreement; a share over it breaks fast ("seconds": what is too fast);
a row of `limit` equal answers breaks line. `least` is how many answers a rule needs before it speaks.
"""

from stats.people.annotators import Quality

BELOW = {
    "gold": "of the items with a known answer were answered as expected",
    "repeats": "of the items shown twice were answered the same way",
    "agreement": "of the comparisons with others agree",
}
FAST, LINE, ALARM = "fast", "line", "alarm"
FAST_SECONDS = 3.0


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
        if name in rules and not (0 <= rules[name]["limit"] <= 1 and rules[name]["least"] >= 1):
            return f"The rule {name} needs a share between 0 and 1, and at least one answer to speak of"
    if FAST in rules and not rules[FAST]["seconds"] > 0:
        return "The rule fast needs the seconds that an answer takes at least"
    if LINE in rules and rules[LINE]["limit"] < 2:
        return "The rule line needs a row of at least 2 answers"
    if not 0 <= rules.get(ALARM, 0) <= 1:
        return f"The alarm is a share of the annotators between 0 and 1, not {rules[ALARM]:g}"
    return ""
