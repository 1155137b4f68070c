"""The simulated venue: reproducible, at the asked rate, closed when it is closed."""

from firmware_bridge import ClimateReading, ContactReading, CounterBook, CounterReading, LockState
from firmware_bridge.board.messages import ChannelKind
from firmware_bridge.board.reader import BoardReader
from firmware_bridge.simulated.board import SimulatedBoard
from firmware_bridge.simulated.venue import SimulatedVenue


def a_day(seed: int, *, hours: int = 10, people_per_hour: float = 60.0) -> tuple[bytes, int]:
    board = SimulatedBoard()
    venue = SimulatedVenue(board, seed=seed, people_per_hour=people_per_hour, started_at=0.0)
    sent = board.power_on(0.0)
    for minute in range(hours * 60):
        sent += venue.advance(minute * 60.0, is_open=True)
    return sent, venue.inside


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert a_day(3, hours=2) == a_day(3, hours=2)
    assert a_day(3, hours=2) != a_day(4, hours=2)


def test_visitors_come_at_the_rate_and_are_conserved() -> None:
    sent, inside = a_day(5)
    readings = list(BoardReader(CounterBook()).feed(sent))
    counters = [reading for reading in readings if isinstance(reading, CounterReading)]
    entered = sum(reading.entered for reading in counters)
    left = sum(reading.left for reading in counters)
    assert 500 < entered < 700  # 600 expected; four standard deviations
    assert entered - left == inside
    climates = [reading for reading in readings if isinstance(reading, ClimateReading)]
    assert all(15 < (reading.temperature_celsius or 0) < 35 for reading in climates)
    assert all(300 < (reading.co2_ppm or 0) < 5000 for reading in climates)


def test_closing_empties_and_locks() -> None:
    board = SimulatedBoard()
    venue = SimulatedVenue(board, seed=1, people_per_hour=3600, started_at=0.0)
    reader = BoardReader(CounterBook())
    list(reader.feed(board.power_on(0.0) + venue.advance(600.0, is_open=True)))
    assert venue.inside > 0
    readings = list(reader.feed(venue.advance(601.0, is_open=False)))
    assert venue.inside == 0
    locks = [reading.lock for reading in readings if isinstance(reading, ContactReading)]
    assert locks[0] is LockState.LOCKED
    later = list(reader.feed(venue.advance(1200.0, is_open=False)))
    assert sum(reading.entered for reading in later if isinstance(reading, CounterReading)) == 0


def test_a_board_without_beams_still_lives() -> None:
    board = SimulatedBoard(channels=[ChannelKind.CLIMATE])
    venue = SimulatedVenue(board, seed=1, people_per_hour=3600, started_at=0.0)
    assert venue.advance(600.0, is_open=True)


def test_nobody_comes_at_rate_zero() -> None:
    venue = SimulatedVenue(SimulatedBoard(), seed=1, people_per_hour=0, started_at=0.0)
    venue.advance(1e6, is_open=True)
    assert venue.inside == 0


def test_the_pace_of_ticks_does_not_change_who_comes() -> None:
    def entered(step_seconds: int) -> int:
        board = SimulatedBoard(channels=[ChannelKind.BEAM])
        venue = SimulatedVenue(board, seed=8, people_per_hour=200, started_at=0.0)
        sent = board.power_on(0.0)
        for now in range(0, 7201, step_seconds):
            sent += venue.advance(float(now), is_open=True)
        readings = list(BoardReader(CounterBook()).feed(sent))
        return [r.entered_total for r in readings if isinstance(r, CounterReading)][-1]

    assert entered(1) == entered(60) > 300
