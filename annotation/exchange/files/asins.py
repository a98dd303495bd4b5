"""ASINs that a spreadsheet has taken for numbers."""

from common.refusals import Refused


class ZerosLost(Refused):
    """An ASIN whose digits a spreadsheet has taken for a number."""


class Asins:
    """The study's ASINs: one that begins with zeros is known without them, where no other could be meant."""

    def __init__(self, asins: set[str]) -> None:
        self._whole = asins
        self._bare: dict[str, list[str]] = {}
        for asin in asins:
            if asin.startswith("0"):
                self._bare.setdefault(asin.lstrip("0"), []).append(asin)

    def found(self, cell: str) -> str:
        """As the study has it; as it is where it has none like it."""
        if cell in self._whole or not (cell[:1].isdigit() and cell.isascii()):
            return cell
        cell = cell.removesuffix(".0")  # as a data frame writes it
        if "E+" in cell.upper():
            raise ZerosLost(
                f"{cell[:40]} is an ASIN that a spreadsheet has rounded; export again, and import it there as text"
            )
        candidates = self._bare.get(cell.lstrip("0"), [])
        if len(candidates) > 1:
            raise ZerosLost(
                f"{cell[:40]} has lost its zeros in a spreadsheet, and may be {' or '.join(sorted(candidates))};"
                " export again, and import it there as text"
            )
        return candidates[0] if candidates else cell
