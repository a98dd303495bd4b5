"""Which judgments count: first ones of sampled items, by annotators who are not excluded; of people, not of programs.

As SQL over aliases; the ORM's twin is `Judgment.objects.counting()`.
"""


def first_sql(judgment: str = "j") -> str:
    """Neither of a gold item nor a repeat."""
    return f"{judgment}.kind = 'item'"


def included_sql(participant: str = "p") -> str:
    return f"{participant}.state <> 'excluded'"


def of_people_sql(study: str = "s") -> str:
    return f"NOT {study}.simulated"


def counting_sql(judgment: str = "j", participant: str = "p") -> str:
    return f"{first_sql(judgment)} AND {included_sql(participant)}"
