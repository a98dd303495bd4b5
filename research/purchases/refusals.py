from common.refusals import Refused


class PurchaseTestRefused(Refused):
    """A test of purchases that can't be made."""
