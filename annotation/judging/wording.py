"""Words that annotators' pages take from data, listed so that makemessages finds them."""

from django.utils.translation import gettext_noop as _

AUDIT_REASONS = (
    _("The products"),
    _("The customer's need"),
    _("The relation"),
    _("Reason against verdict"),
    _("Something else"),
)
BACKEND_NOTE = _("rules, no model")
RELATIONS = (
    _("related to"),
    _("a type of"),
    _("part of"),
    _("made of"),
    _("similar to"),
    _("created by"),
    _("having"),
    _("sharing the property of"),
    _("distinct from"),
    _("used for"),
    _("that can"),
    _("capable of"),
    _("defined as"),
    _("a symbol of"),
    _("a manner of"),
    _("derived from"),
    _("bought to the effect that"),
    _("bought because the customer wants"),
    _("motivated by"),
)
