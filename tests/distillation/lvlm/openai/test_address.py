import pytest

from distillation.lvlm import make_backend
from distillation.lvlm.openai.address import endpoint, refuse_unlisted


@pytest.mark.parametrize(
    ("url", "calls"),
    [
        ("http://h:1", "http://h:1/v1/chat/completions"),
        ("http://h:1/v1/", "http://h:1/v1/chat/completions"),
        ("https://h/v1/chat/completions", "https://h/v1/chat/completions"),
        ("https://h/api/v3", "https://h/api/v3/chat/completions"),
        ("https://h/v1beta/openai/", "https://h/v1beta/openai/chat/completions"),
        ("https://h/v1?api-version=2", "https://h/v1/chat/completions?api-version=2"),
        (
            "https://h/openai/deployments/d?api-version=2",
            "https://h/openai/deployments/d/chat/completions?api-version=2",
        ),
    ],
)
def test_addresses_as_people_give_them(url: str, calls: str):
    assert endpoint(url).to("chat/completions") == calls


def test_only_the_servers_that_the_operator_lists():
    for url in ("http://gpu-a:8000", "http://gpu-a:8000/v1,32", "https://x.models.example/v1"):
        refuse_unlisted(url, ["gpu-a", "*.models.example"])
    for url in ("http://gpu-b:8000", "https://models.example.org"):
        with pytest.raises(ValueError, match="not among the model servers that the operator allows"):
            refuse_unlisted(url, ["gpu-a", "*.models.example"])
    refuse_unlisted("http://10.0.0.3:8000", [])
    with pytest.raises(ValueError, match="link-local"):
        refuse_unlisted("http://169.254.169.254/latest", [])


def test_base_urls_in_any_form():
    forms = ("http://h:1", "http://h:1/", "http://h:1/v1", " http://h:1/v1/ ")
    assert {str(endpoint(url)) for url in forms} == {"http://h:1/v1"}
    assert str(endpoint("https://h/openai")) == "https://h/openai/v1"


@pytest.mark.parametrize("url", ["h:1", "ftp://h", "file:///etc/passwd", "http://", "http://u:pw@h", "http://h?key=pw"])
def test_other_urls_are_refused_without_being_repeated(url: str):
    with pytest.raises(ValueError, match="Base URL") as caught:
        make_backend("openai", model="m", base_urls=[url])
    assert "pw" not in str(caught.value)
