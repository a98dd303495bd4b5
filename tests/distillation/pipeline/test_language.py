import pytest

from distillation.pipeline.language import answers_otherwise, other_language

GERMAN = "Ein kleines braunes Stück aus Leder."


@pytest.mark.parametrize(
    "text",
    [GERMAN, "Un petit sac en cuir pour les voyages.", "私は両方を旅行に使います。", "Это для дома."],
)
def test_another_language_is_told_by_its_script_or_its_small_words(text: str):
    assert other_language(text)


@pytest.mark.parametrize(
    "text",
    [
        "A small brown leather item with a smooth surface.",
        "Boots, laces, polish, wax.",
        "The Le Creuset pan and the La Cuisine lid belong to one kitchen.",
        "A 抹茶 bowl and a whisk are used for making tea.",
    ],
)
def test_english_with_foreign_names_is_english(text: str):
    assert not other_language(text)


def test_a_yes_in_another_language_is_told():
    assert all(map(answers_otherwise, ("Ja.", "Oui, bien.", "はい", "Нет")))
    assert not any(map(answers_otherwise, ("No.", "Well.", "I would.")))
