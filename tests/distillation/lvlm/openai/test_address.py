import pytest

from distillation.lvlm import make_backend
from distillation.lvlm.openai.address import endpoint, key_of, refuse_unlisted


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
    refuse_unlisted("http://10.0.0.3:8000", None)


def test_a_port_that_is_listed_is_the_only_one():
    for url in ("http://gpu-a:8000", "https://gpu-b/v1", "http://[::1]:8001"):
        refuse_unlisted(url, ["GPU-A:8000", "gpu-b:443", "[::1]"])
    for url in ("http://gpu-a:22", "http://gpu-b/v1", "http://[::2]:8001"):
        with pytest.raises(ValueError, match="not among"):
            refuse_unlisted(url, ["gpu-a:8000", "gpu-b:443", "[::1]"])


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "168.63.129.16", "metadata.google.internal."]
)
def test_where_clouds_keep_secrets_nobody_goes(host: str):
    for hosts in (None, [host, host.strip("[].")]):
        with pytest.raises(ValueError, match="metadata address"):
            refuse_unlisted(f"http://{host}/latest", hosts)


def test_a_key_goes_to_its_own_server():
    own = {"api.example": "A", "gpu-b:8000": ""}
    urls = ("https://api.example/v1/models", "http://gpu-a/v1", "http://gpu-b:8000/v1", "http://gpu-b:9/v1")
    assert [key_of(url, "K", own) for url in urls] == ["A", "K", "", "K"]


def test_base_urls_in_any_form():
    forms = ("http://h:1", "http://h:1/", "http://h:1/v1", " http://h:1/v1/ ")
    assert {str(endpoint(url)) for url in forms} == {"http://h:1/v1"}
    assert str(endpoint("https://h/openai")) == "https://h/openai/v1"


@pytest.mark.parametrize("url", ["h:1", "ftp://h", "file:///etc/passwd", "http://", "http://u:pw@h", "http://h?key=pw"])
def test_other_urls_are_refused_without_being_repeated(url: str):
    with pytest.raises(ValueError, match="Base URL") as caught:
        make_backend("openai", model="m", base_urls=[url])
    assert "pw" not in str(caught.value)
