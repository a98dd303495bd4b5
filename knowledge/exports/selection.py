"""Which intentions an export holds, and what its filters mean."""

from dataclasses import dataclass

from common.refusals import ExportRefused
from distillation.catalog.selection import EVERYTHING, CatalogSelection
from distillation.models import Run
from distillation.pipeline.relations import parse_relations

FORMATS = ("jsonl", "csv", "parquet", "ntriples", "graph")
HUMAN = ("plausible", "implausible", "judged")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """`threshold` stands for the run's strictness where it is given; `human` speaks of people's majority."""

    run: Run
    threshold: float
    kept: bool = False
    drawn: bool = False  # as many as are kept, by chance
    human: str = ""
    relations: tuple[str, ...] = ()
    catalog: CatalogSelection = EVERYTHING

    @classmethod
    def checked(
        cls,
        *,
        run: str,
        threshold: float | None = None,
        relation: str = "",
        kept: bool = False,
        drawn: bool = False,
        human: str = "",
        catalog: CatalogSelection = EVERYTHING,
    ) -> "Selection":
        found = Run.objects.filter(name=run).first()
        if found is None:
            raise ExportRefused(f"There is no run named {run}")
        if threshold is None:
            threshold = found.strictness
        if drawn and kept:
            raise ExportRefused("--drawn takes as many as are kept, by chance; with --kept it would be neither")
        if not 0 <= threshold <= 1:
            raise ExportRefused(f"--threshold {threshold}: give a probability from 0 to 1")
        try:
            relations = parse_relations(relation) if relation else ()
        except ValueError as error:
            raise ExportRefused(str(error)) from error
        return cls(
            run=found, threshold=threshold, kept=kept, drawn=drawn, human=human, relations=relations, catalog=catalog
        )

    @property
    def filters(self) -> dict[str, object]:
        chosen = {
            "kept": self.kept,
            "drawn": self.drawn,
            "human": self.human,
            "relations": list(self.relations),
            **self.catalog.as_config(),
        }
        return {"threshold": self.threshold, **{name: value for name, value in chosen.items() if value}}
