"""Co-buys through the three steps, with answers from the scripted backend and a ledger in memory."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from distillation.lvlm.base import BackendAway, Describe, Failure, Intend, Judge, Request
from distillation.lvlm.places import Places
from distillation.lvlm.scripted import ScriptedBackend
from distillation.pipeline.engine import (
    CoBuyWork,
    Ended,
    Engine,
    FeatureEnded,
    IntentionEnded,
    ProductWork,
    Unit,
    VerdictEnded,
    drain,
)
from distillation.pipeline.options import Options
from distillation.pipeline.records import ProductRecord

RELATIONS = ("usedFor", "isA", "can")


def product(i: int, *, key: str = "", feature: str = "") -> ProductWork:
    return ProductWork(i, ProductRecord(f"B{i}", f"Product {i}", feature=feature), key or f"key {i}")


def cobuy(i: int, a: ProductWork | None = None, b: ProductWork | None = None, units: Sequence[Unit] = ()) -> CoBuyWork:
    units = units or [Unit(relation, 0) for relation in RELATIONS]
    return CoBuyWork(i, a or product(2 * i), b or product(2 * i + 1), tuple(units))


class Book:
    """A ledger in memory: hands out co-buys once, keeps what ended."""

    def __init__(self, works: Sequence[CoBuyWork], go_on: Callable[[], int] = lambda: 1) -> None:
        self._works, self._go_on = list(works), go_on
        self.written: list[Ended] = []

    def claim(self, n: int) -> list[CoBuyWork]:
        taken, self._works = self._works[:n], self._works[n:]
        return taken

    def write(self, ended: Sequence[Ended]) -> int:
        self.written += ended
        return self._go_on()

    def of(self, kind: type) -> list:
        return [ended for ended in self.written if isinstance(ended, kind)]


class Counting(ScriptedBackend):
    """Also remembers how many calls were in flight at most, and how many ended."""

    in_flight = most = ended = 0

    async def reply(self, request: Request):
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            reply = await super().reply(request)
            self.ended += 1
            return reply
        finally:
            self.in_flight -= 1


def run(book: Book, backend: ScriptedBackend, places: int = 4) -> None:
    asyncio.run(drain(backend=backend, options=Options(), places=Places(places), claim=book.claim, write=book.write))


def test_all_units_end_with_a_verdict():
    book = Book([cobuy(i) for i in range(7)])
    backend = Counting(delay_s=0.001)
    run(book, backend)
    # 7 co-buys: 14 products, 7 x 3 units, each an intention and a verdict
    assert (len(book.of(FeatureEnded)), len(book.of(IntentionEnded)), len(book.of(VerdictEnded))) == (14, 21, 21)
    assert backend.calls == 14 + 21 + 21
    assert {(e.cobuy_id, e.unit.relation) for e in book.of(VerdictEnded)} == {
        (i, r) for i in range(7) for r in RELATIONS
    }


def test_places_are_never_exceeded_and_all_are_used():
    backend = Counting(delay_s=0.002)
    run(Book([cobuy(i) for i in range(8)]), backend, places=3)
    assert backend.most == 3


def test_the_first_intention_of_a_cobuy_goes_alone():
    backend = Counting(delay_s=0.001)
    run(Book([cobuy(0)]), backend, places=9)
    steps = [type(request.subject) for request in backend.requests]
    assert steps[:4] == [Describe, Describe, Intend, Judge]
    assert sorted(step.__name__ for step in steps[4:]) == ["Intend", "Intend", "Judge", "Judge"]


def test_calls_of_an_open_cobuy_go_before_those_of_a_new_one():
    known = [cobuy(i, product(2 * i, feature="Blue."), product(2 * i + 1, feature="Red.")) for i in range(2)]
    backend = Counting(delay_s=0.001)
    run(Book(known), backend, places=1)
    pairs = [request.subject.pair.a.asin for request in backend.requests]
    # The other's first intention and its verdict may slip in before the first one's other four calls are ready.
    assert (pairs[:8].count("B0"), pairs[8:]) == (6, ["B2"] * 4)


def test_a_product_in_many_cobuys_is_described_once():
    shared = product(99)
    backend = Counting(delay_s=0.001)
    book = Book([cobuy(i, shared) for i in range(5)])
    run(book, backend, places=8)
    assert sum(isinstance(request.subject, Describe) for request in backend.requests) == 1 + 5
    assert len(book.of(VerdictEnded)) == 5 * 3


def test_two_products_of_the_same_content_are_asked_about_once_and_both_described():
    book = Book([cobuy(0, product(1, key="same"), product(2, key="same"))])
    backend = Counting()
    run(book, backend)
    assert sum(isinstance(request.subject, Describe) for request in backend.requests) == 1
    assert sorted(e.product.id for e in book.of(FeatureEnded)) == [1, 2]


def test_known_features_and_intentions_are_not_asked_for_again():
    work = cobuy(0, product(0, feature="Blue."), product(1, feature="Red."), [Unit("isA", 0, "Both are lamps.")])
    backend = Counting()
    run(Book([work]), backend)
    assert [type(request.subject) for request in backend.requests] == [Judge]


def test_a_failed_feature_fails_its_units():
    book = Book([cobuy(0), cobuy(1)])
    run(book, Counting(script=[("Product 0", Failure("bad_picture", "no JPEG"))]))
    failed = [e for e in book.of(IntentionEnded) if e.outcome.failure]
    assert {e.cobuy_id for e in failed} == {0}
    assert [e.outcome.failure.reason for e in failed] == ["no_features"] * 3
    assert "bad_picture: no JPEG" in failed[0].outcome.failure.detail
    assert {e.cobuy_id for e in book.of(VerdictEnded)} == {1}


def test_a_failed_intention_has_no_verdict():
    book = Book([cobuy(0, units=[Unit("isA", 0)])])
    run(book, Counting(script=lambda r: Failure("timeout") if isinstance(r.subject, Intend) else "A lamp."))
    assert [e.outcome.failure.reason for e in book.of(IntentionEnded)] == ["timeout"]
    assert book.of(VerdictEnded) == []


def test_told_to_stop_it_begins_no_further_call_and_writes_those_in_flight():
    backend = Counting(delay_s=0.03)
    book = Book([cobuy(i) for i in range(50)], go_on=lambda: backend.ended < 8)
    run(book, backend, places=4)
    assert backend.calls == backend.ended == len(book.written)  # none cut off, none unwritten
    assert backend.calls < 50 * 8  # each co-buy: 2 features, 3 intentions, 3 verdicts


def test_once_told_to_stop_it_claims_no_more_though_told_to_go_on(monkeypatch):
    monkeypatch.setattr("distillation.pipeline.engine.WRITE_EVERY_S", 0.01)
    answers = iter([True, True, False])  # when it begins, when the writer does, and with calls in flight
    backend = Counting(delay_s=0.1)  # in flight while it is told to stop, then to go on
    book = Book([cobuy(i) for i in range(50)], go_on=lambda: next(answers, True))
    run(book, backend, places=4)
    assert len(book.claim(50)) == 50 - 2 * 4
    assert backend.calls == len(book.written) == 4


def test_cobuys_with_more_units_than_places_are_claimed_too():
    book = Book([cobuy(i) for i in range(3)])
    asyncio.run(
        drain(backend=Counting(), options=Options(), places=Places(8), claim=book.claim, write=book.write, units=80)
    )
    assert not book.claim(1)  # 10 * 8 // 80 + 1 = 2 open at once, all three claimed in the end


def test_a_lost_server_ends_it_and_what_ended_before_is_written():
    backend = Counting(delay_s=0.001, script=lambda _: BackendAway("down") if backend.calls > 20 else "Yes, a lamp.")
    book = Book([cobuy(i) for i in range(20)])
    with pytest.raises(BackendAway, match="down"):
        run(book, backend)
    assert 20 - 4 <= len(book.written) <= 20  # all but what was in flight


def test_nobodys_calls_begin_after_the_server_is_lost():
    async def drain_then_wait() -> int:
        with pytest.raises(BackendAway):
            await drain(backend=backend, options=Options(), places=Places(2), claim=book.claim, write=book.write)
        calls = backend.calls
        left = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*left, return_exceptions=True)
        return backend.calls - calls

    def answer(request: Request):
        lost = isinstance(request.subject, Intend) and request.subject.relation == "can"
        return BackendAway("down") if lost else "Yes, a lamp."

    # The second of six intentions loses the server while the others, begun beside it, wait for their place.
    units = [Unit(relation, 0) for relation in ("usedFor", "can", "isA", "hasA", "madeOf", "partOf")]
    backend, book = Counting(script=answer, delay_s=0.001), Book([cobuy(0, units=units)])
    assert asyncio.run(drain_then_wait()) == 0


def test_nothing_to_claim_ends_it():
    backend = Counting()
    run(Book([]), backend)
    assert backend.calls == 0


@pytest.mark.parametrize("broken", ["claim", "write"])
def test_a_broken_ledger_is_not_swallowed(broken):
    def fail(*_):
        raise RuntimeError("the disk is full")

    book = Book([cobuy(i) for i in range(9)])
    setattr(book, broken, fail)
    with pytest.raises(RuntimeError, match="the disk is full"):
        run(book, Counting(delay_s=0.001))


def test_a_broken_parser_is_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        run(Book([cobuy(0)]), Counting(default=ZeroDivisionError()))


def test_stopped_before_it_began_an_engine_asks_nothing():
    ended: list[Ended] = []
    places = Places(2)
    engine = Engine(backend := Counting(), Options(), places, ended.append)
    places.close()
    asyncio.run(engine.cobuy(cobuy(0)))
    assert (backend.calls, ended) == (0, [])


def test_of_places_shared_among_three_a_third_is_used():
    backend, places = Counting(delay_s=0.02), Places(12)
    places.share(3)
    book = Book([cobuy(i) for i in range(9)], go_on=lambda: 3)
    asyncio.run(drain(backend=backend, options=Options(), places=places, claim=book.claim, write=book.write))
    assert (backend.most, len(book.of(VerdictEnded))) == (12 // 3, 9 * 3)


def test_fewer_cobuys_are_open_where_each_has_many_calls():
    taken: list[int] = []
    book = Book([])

    def claim(n: int) -> list[CoBuyWork]:
        taken.append(n)
        return []

    for units in (1, 20):
        places = Places(64)
        asyncio.run(
            drain(backend=Counting(), options=Options(), places=places, claim=claim, write=book.write, units=units)
        )
    assert taken == [2 * 64, 10 * 64 // 20 + 1]
