"""The names of treatments. A changed treatment is a new version: pictures made by the old one stay apart."""

AS_IS, NONE, SWAPPED = "as-is", "none", "swapped@1"
# Those that make a new picture of one picture, and what each is meant to take away.
TREATED = {
    "grey@1": "colour",
    "median@1": "texture; outlines and colours stay",
    "blur@1": "texture and half of the outlines",
    "shuffle@1": "shape; colours and texture stay",
    "palette@1": "all but the colours",
    "edges@1": "colour and surfaces; outlines stay",
    "silhouette@1": "all but the shape",
    "blank@1": "everything: does the model look at all?",
}
TAKEN_AWAY = {
    AS_IS: "nothing",
    **TREATED,
    SWAPPED: "the product: another one's picture is shown",
    NONE: "the picture: titles alone",
}
SHORT = {name.partition("@")[0]: name for name in TAKEN_AWAY}


def parse_pictures(name: str) -> str:
    """The full name, with its version; raises ValueError with one line for the user."""
    found = SHORT.get(name.partition("@")[0])
    if found is None:
        raise ValueError(f"Unknown treatment of pictures {name!r}: known are {', '.join(SHORT)}")
    if "@" in name and name != found:
        raise ValueError(f"Treatment {name} is no longer made: this version has {found}")
    return found
