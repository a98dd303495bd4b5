"""Whether the file is of this study: its cells on items against what the database and its manifest have."""

import numpy as np

from annotation.exchange.files.cells import ImportRefused
from annotation.exchange.files.columns import Columns
from annotation.models import Study

COLUMNS = {
    "asin_a": "intention__cobuy__a__asin", "asin_b": "intention__cobuy__b__asin", "intention": "intention__text",
    "strictness": "run__strictness",
}  # fmt: skip


def cells_wanted(study: Study, csv: Columns, manifest: dict | None) -> tuple[dict[str, object], dict[str, object]]:
    """What they should be, and what they are in the file. Of asins and texts a manifest knows by its checksum only."""
    rows = csv.rows[np.unique(csv.rows["item"], return_index=True)[1]]
    known = study.items.filter(pk__in=rows["id"].tolist()).values_list("pk", *COLUMNS.values())
    own = {f"item {pk}.{name}": cell for pk, *cells in known for name, cell in zip(COLUMNS, cells, strict=True)}
    own |= {f"item {row['id']}.study": study.name for row in rows}
    said = {f"item {row['id']}.{name}": row[name] for row in rows for name in ("study", *COLUMNS)}
    if manifest is None:
        return own, said
    if not {"study", "strictness", "sha256", "row_count"} <= manifest.keys():
        raise ImportRefused("the manifest beside it is none of export_judgments, or an earlier one; take it away")
    if filters := manifest.get("filters"):
        raise ImportRefused(f"by its manifest it is a part of the study only ({filters}); export it without filters")
    own["manifest.rows"], said["manifest.rows"] = manifest["row_count"], csv.n_rows
    for row in rows:
        study_as, strictness_as = (f"manifest, item {row['id']}.{name}" for name in ("study", "strictness"))
        own |= {study_as: manifest["study"]["name"], strictness_as: manifest["strictness"].get(row["run"])}
        said |= {study_as: row["study"], strictness_as: row["strictness"]}
    return own, said
