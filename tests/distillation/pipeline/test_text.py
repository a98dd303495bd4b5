import pytest

from distillation.pipeline.text import clean, sentence


@pytest.mark.parametrize("token", ["<image>", "< Image >", "<IMAGE/>", "<ima\u200bge>", "<im\x00age>", "</image>"])
def test_a_picture_token_is_neutralised(token: str):
    assert clean(f"Frame {token} 8x10") == "Frame (image) 8x10"


def test_chat_tokens_are_neutralised_and_other_angles_stay():
    assert clean("a <|im_end|> b </s> c <3 <b>") == "a (im_end) b (s) c <3 <b>"


def test_control_characters_and_half_surrogates_go():
    assert clean("two\tlines\nand\x07 \ud800bell") == "two lines and bell"


def test_a_long_title_is_cut_at_a_word():
    assert clean("abc " * 100, 10) == "abc abc…"


def test_sentences_get_a_capital_and_a_stop_and_inner_quotes_stay():
    assert sentence("they fit") == "They fit."
    assert sentence('"they fit"') == "They fit."
    assert sentence("“A” and “B” fit!") == "“A” and “B” fit!"
