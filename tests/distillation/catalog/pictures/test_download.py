"""Wanted sources become pictures or reasons: through the database, a real server on 127.0.0.1 and real files."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from distillation import tasks
from distillation.catalog.pictures import sources
from distillation.catalog.pictures.download import MOST_TRIES, StoreAway, downloads_wake, pictures_download
from distillation.catalog.pictures.sources import Ended
from distillation.models import Picture, PictureSource, Product
from tests.distillation.builders import product

pytestmark = pytest.mark.django_db(transaction=True)


def png(colour: str = "red") -> bytes:
    out = BytesIO()
    Image.new("RGB", (90, 70), colour).save(out, "PNG")
    return out.getvalue()


class Server(ThreadingHTTPServer):
    """Answers `answers[path]`, a status and a body; counts what was asked for, and how much at once."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: Counter[str] = Counter()
        self.busy = self.busiest = 0
        self.lock = threading.Lock()

    def url(self, path: str, answer: bytes = b"", status: int = 200) -> str:
        self.answers[path] = (status, answer)
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        with server.lock:
            server.asked[self.path] += 1
            server.busy += 1
            server.busiest = max(server.busiest, server.busy)
        status, body = server.answers[self.path]
        if self.path.startswith("/slow"):
            threading.Event().wait(0.05)
        with server.lock:
            server.busy -= 1
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def here(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    settings.FETCH_PRIVATE_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def source(url: str, **more: object) -> PictureSource:
    digest = hashlib.sha256(url.encode()).hexdigest()
    return PictureSource.objects.create(digest=digest, url=url, **more)


def after(row: PictureSource, seconds: float = 60) -> PictureSource:
    pictures_download(seconds=seconds)
    row.refresh_from_db()
    return row


def wait_s(row: PictureSource) -> float:
    return (row.not_before - timezone.now()).total_seconds()


def test_a_wanted_picture_is_stored_and_its_products_have_it(server: Server) -> None:
    row = source(server.url("/a.png", png()))
    for asin in ("B1", "B2"):
        Product.objects.create(asin=asin, title=asin, picture_source=row, picture_problem="not fetched yet")
    after(row)
    assert (row.state, row.reason, row.tries) == ("stored", "", 1)
    assert default_storage.exists(row.picture.name)
    assert default_storage.exists(row.picture.thumbnail_name)
    assert set(Product.objects.values_list("asin", "picture", "picture_problem")) == {
        ("B1", row.picture_id, ""),
        ("B2", row.picture_id, ""),
    }


def test_html_with_status_200_is_no_picture(server: Server) -> None:
    row = source(server.url("/a.jpg", b"<!doctype html><p>Sorry"))
    known = Product.objects.create(asin="B1", title="B1", picture_source=row)
    after(row)
    known.refresh_from_db()
    assert (row.state, row.reason) == ("failed", "not a picture (text)")
    assert (known.picture, known.picture_problem) == (None, "not a picture (text)")


def test_the_full_picture_is_fetched_in_place_of_the_one_cut_small(server: Server) -> None:
    row = after(source(server.url("/I/1.jpg", png()) + "#._SX40_"))
    assert (row.state, server.asked) == ("stored", {"/I/1.jpg": 1})


def test_where_there_is_no_full_picture_the_given_one_is_fetched(server: Server) -> None:
    server.url("/I/1._SX40_.jpg", png())
    row = after(source(server.url("/I/1.jpg", b"", 404) + "#._SX40_"))
    assert (row.state, server.asked) == ("stored", {"/I/1.jpg": 1, "/I/1._SX40_.jpg": 1})


def test_a_server_that_is_away_does_not_cost_the_full_picture(server: Server) -> None:
    row = after(source(server.url("/I/1.jpg", b"", 503) + "#._SX40_"))
    assert (row.state, row.reason, server.asked) == ("wanted", "answered 503 Service Unavailable", {"/I/1.jpg": 1})


def test_private_addresses_are_refused_without_leave(server: Server, settings: Settings) -> None:
    settings.FETCH_PRIVATE_NETWORKS = []
    row = after(source(server.url("/a.png", png())))
    assert (row.state, row.reason) == (
        "failed",
        "refused: 127.0.0.1 leads to 127.0.0.1, which is not a public address",
    )
    assert not server.asked


def test_what_has_ended_is_not_fetched_again(server: Server) -> None:
    source(server.url("/a.png", png()))
    after(source(server.url("/b.png", b"", 404)))
    pictures_download(seconds=60)
    assert server.asked == {"/a.png": 1, "/b.png": 1}


def test_the_same_bytes_from_two_addresses_are_stored_once(server: Server, tmp_path: Path) -> None:
    rows = [source(server.url(path, png())) for path in ("/a.png", "/b.png")]
    pictures_download(seconds=60)
    assert {PictureSource.objects.get(pk=row.pk).picture_id for row in rows} == {Picture.objects.get().pk}
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2  # the picture and its thumbnail


def test_a_busy_server_is_asked_again_later_each_time_later_still(server: Server) -> None:
    row = after(source(server.url("/a.png", b"", 503)))
    assert (row.state, row.reason, row.tries) == ("wanted", "answered 503 Service Unavailable", 1)
    assert 25 < wait_s(row) <= 30
    PictureSource.objects.update(not_before=timezone.now())
    assert 85 < wait_s(after(row)) <= 90  # 30 s x 3
    assert server.asked["/a.png"] == 2


def test_after_the_last_try_it_has_failed(server: Server) -> None:
    row = after(source(server.url("/a.png", b"", 503), tries=MOST_TRIES - 1))
    assert (row.state, row.tries) == ("failed", MOST_TRIES)


def test_a_server_that_recovers_costs_only_time(server: Server) -> None:
    row = after(source(server.url("/a.png", b"", 503)))
    server.url("/a.png", png())
    PictureSource.objects.update(not_before=timezone.now())
    assert after(row).state == "stored"


def test_never_more_at_once_of_one_host_than_allowed(server: Server, settings: Settings) -> None:
    settings.FETCH_PER_HOST = 3
    for i in range(12):
        source(server.url(f"/slow{i}", png()))
    pictures_download(seconds=60)
    assert server.busiest <= 3
    assert PictureSource.objects.filter(state="stored").count() == 12


def test_two_workers_at_once_fetch_nothing_twice(server: Server) -> None:
    for i in range(120):
        source(server.url(f"/{i}", png()))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: pictures_download(seconds=60), range(2)))
    assert PictureSource.objects.filter(state="stored").count() == 120
    assert set(server.asked.values()) == {1}


def test_a_killed_workers_claim_runs_out() -> None:
    row = source("http://shop.example/a.jpg")
    assert [claimed.id for claimed in sources.claim(10)] == [row.pk]
    assert sources.claim(10) == []
    PictureSource.objects.update(not_before=timezone.now() - timedelta(hours=1))  # a minute later
    assert [claimed.id for claimed in sources.claim(10)] == [row.pk]


def test_when_the_time_is_up_the_rest_is_given_back(server: Server) -> None:
    row = after(source(server.url("/a.png", png())), seconds=0)
    assert (row.state, row.tries, server.asked) == ("wanted", 0, {})
    assert sources.sources_due()


def test_a_late_worker_does_not_undo_what_another_has_stored(server: Server) -> None:
    row = source(server.url("/a.png", png()))
    late = sources.claim(1)[0]
    PictureSource.objects.update(not_before=timezone.now())
    after(row)
    assert sources.record([Ended(source=late, reason="answered 404 Not Found")])
    row.refresh_from_db()
    assert (row.state, row.reason) == ("stored", "")


def test_a_store_that_fails_ends_the_stretch_and_blames_no_picture(server: Server, tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("a file where the folder should be")
    row = source(server.url("/a.png", png()))
    with pytest.raises(StoreAway, match="Pictures can't be stored"):
        pictures_download(seconds=60)
    row.refresh_from_db()
    assert (row.state, row.tries) == ("wanted", 0)
    assert 55 < wait_s(row) <= 60


def test_a_failure_leaves_an_earlier_picture_in_place(server: Server) -> None:
    earlier = Picture.objects.create(digest="0" * 64, width=1, height=1, size=1)
    known = product("B1", picture=earlier)
    Product.objects.update(picture_source=source(server.url("/a.png", b"", 404)))
    pictures_download(seconds=60)
    known.refresh_from_db()
    assert (known.picture, known.picture_problem) == (earlier, "")


def test_products_that_come_to_a_stored_source_get_its_picture(server: Server) -> None:
    row = after(source(server.url("/a.png", png())))
    with transaction.atomic():
        late = Product.objects.create(asin="B1", title="B1", picture_source=row)
        downloads_wake()
    late.refresh_from_db()
    assert late.picture == row.picture


def test_an_import_that_holds_the_products_is_waited_for() -> None:
    row = source("http://shop.example/a.jpg")
    Product.objects.create(asin="B1", title="B1", picture_source=row)
    ended = [Ended(source=sources.claim(1)[0], reason="answered 404 Not Found")]
    with transaction.atomic(), connection.cursor() as cursor, ThreadPoolExecutor(1) as pool:
        cursor.execute("SELECT FROM distillation_product FOR UPDATE")
        assert pool.submit(recorded, ended).result() is False
    assert sources.record(ended)


def recorded(ended: list[Ended]) -> bool:
    try:
        return sources.record(ended)
    finally:
        connection.close()


def test_the_sweep_wakes_the_download_when_something_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    woken = []
    monkeypatch.setattr(tasks.download_pictures, "apply_async", lambda **_: woken.append(1))
    row = source("http://shop.example/a.jpg", not_before=timezone.now() + timedelta(minutes=1))
    tasks.sweep()
    assert not woken
    PictureSource.objects.filter(pk=row.pk).update(not_before=timezone.now())
    tasks.sweep()
    assert woken == [1]


def test_the_task_says_a_failing_store_in_one_line(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "pictures").write_text("a file where the folder should be")
    source(server.url("/a.png", png()))
    tasks.download_pictures()
    assert [record.levelname for record in caplog.records if record.name == "distillation.tasks"] == ["ERROR"]
    assert "make room or mend the store; the download goes on by itself in a minute." in caplog.text
