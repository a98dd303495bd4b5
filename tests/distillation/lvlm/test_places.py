import asyncio
from collections.abc import Awaitable

import pytest

from distillation.lvlm.places import OPENER, Closed, Places


def run(work: Awaitable) -> object:
    async def within_a_second() -> object:
        return await asyncio.wait_for(work, 1)

    return asyncio.run(within_a_second())


async def soon() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_the_released_go_before_openers_that_came_first():
    async def work() -> list[str]:
        places, order = Places(1), []

        async def call(name: str, priority: int) -> None:
            async with places.take(priority):
                order.append(name)

        async with places.take():
            calls = [asyncio.create_task(call(*each)) for each in (("opener", OPENER), ("released", 0))]
            await soon()
        await asyncio.gather(*calls)
        return order

    assert run(work()) == ["released", "opener"]


def test_aside_another_has_the_place_and_one_comes_back_to_ones_own():
    async def work() -> int:
        places = Places(1)
        async with places.take():
            async with places.aside(), places.take():
                assert places.full
            assert places.taken == 1
        return places.taken

    assert run(work()) == 0


def test_an_error_while_aside_leaves_the_count_right():
    async def work() -> int:
        places = Places(2)
        with pytest.raises(ZeroDivisionError):
            async with places.take(), places.aside():
                raise ZeroDivisionError
        return places.taken

    assert run(work()) == 0


def test_a_call_cancelled_when_the_place_was_handed_over_gives_it_back():
    async def work() -> int:
        places = Places(1)
        async with places.take():
            waiting = asyncio.create_task(places.acquire())
            await soon()
        await asyncio.sleep(0)  # the place is handed over; the call has not run on yet
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return places.taken

    assert run(work()) == 0


def test_a_call_cancelled_while_it_waits_had_no_place_to_give_back():
    async def work() -> int:
        places = Places(1)
        async with places.take():
            waiting = asyncio.create_task(places.acquire())
            await soon()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            return places.taken

    assert run(work()) == 1


def test_more_places_let_those_in_who_wait():
    async def work() -> None:
        places = Places(1)
        async with places.take():
            waiting = asyncio.create_task(places.acquire())
            await soon()
            places.resize(2)
            await waiting

    run(work())


@pytest.mark.parametrize(("among", "n"), [(1, 64), (3, 21), (100, 1)])
def test_a_share_never_exceeds_the_whole_but_is_never_none(among: int, n: int):
    places = Places(64)
    places.share(among)
    assert places.n == n


def test_closed_nobody_gets_a_place_and_who_pauses_is_woken():
    async def work() -> None:
        places = Places(2)
        async with places.take():
            pausing = asyncio.create_task(places.pause(60))
            await soon()
            places.close()
            with pytest.raises(Closed):
                await pausing
        with pytest.raises(Closed):
            await places.acquire()

    run(work())
