from django.template import Library

from annotation.models import Judgment, Study

register = Library()


@register.filter
def answer_keys(study: Study) -> list[str]:
    """The digits that answer: of the questions, and of the audit, where right and wrong come before the reasons."""
    asked = sum(len(question.options) for question in study.questions)
    audited = 2 + len(Judgment.AuditReason) if study.audit_share else 0
    return [str(place) for place in range(1, max(asked, audited) + 1)]
