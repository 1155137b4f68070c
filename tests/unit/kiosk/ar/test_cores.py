"""Work on all cores: in order, and its first error is raised."""

import threading

import pytest

from kiosk.ar.cores import on_all_cores


@pytest.mark.parametrize("cores", [1, 3])
def test_results_come_in_the_order_of_what_was_given(
    monkeypatch: pytest.MonkeyPatch, cores: int
) -> None:
    monkeypatch.setattr("kiosk.ar.cores.os.sched_getaffinity", lambda _: set(range(cores)))
    threads = set()

    def doubled(number: int) -> int:
        threads.add(threading.current_thread().name)
        return 2 * number

    assert on_all_cores(doubled, range(20)) == list(range(0, 40, 2))
    assert (threads == {threading.current_thread().name}) == (cores == 1)
    assert on_all_cores(doubled, ()) == []


def test_the_first_error_in_their_order_is_raised() -> None:
    def refused(number: int) -> int:
        if number > 2:
            raise ValueError(str(number))
        return number

    with pytest.raises(ValueError, match=r"^3$"):
        on_all_cores(refused, range(9))
