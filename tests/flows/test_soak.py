"""Hours of visits, one after the other: what is kept stays as little as it was.

In virtual time, over every visit; a real process and page over hours: tests/integration/kiosk.
"""

import gc
import random
from dataclasses import replace

from kiosk.session.state import State
from kiosk.tui.app import KioskApp
from tests.flows.stage import NoFace, Stage, play
from tests.flows.test_terminal import ROOMY, Terminal
from tests.flows.visits import VISITS

TWO_HOURS = 7200
SEED = 20_261_124


def kept(state: State) -> State:
    """Return a state without its counters and clocks: the same after each visit."""
    visit = replace(state.visit, number=0, serial=0, touched_at=0.0)
    return State(replace(state.around, cards_from=0.0, reports=()), visit)


async def test_two_hours_leave_the_session_as_it_was() -> None:
    stage = Stage(most_reports=10_000)
    chance = random.Random(SEED)
    face = NoFace(stage)
    at_first, began = kept(stage.host.state), stage.clock.seconds
    visits = 0
    while stage.clock.seconds - began < TWO_HOURS:
        stage.begin_anew()
        await play(VISITS[chance.choice(sorted(VISITS))], stage, face)
        stage.begin_anew()
        stage.desk.take(())
        assert kept(stage.host.state) == at_first
        visits += 1
    assert visits > 20
    assert len(stage.host.state.around.reports) < visits


async def test_a_row_of_visits_leaves_no_widgets_behind() -> None:
    stage = Stage(most_reports=10_000)
    chance = random.Random(SEED)
    names = chance.sample(sorted(VISITS), 4)
    app = KioskApp(stage.host)
    async with app.run_test(size=ROOMY) as pilot:
        somebody = Terminal(stage, pilot, has_keys=True)
        counts = []
        for name in (names[0], *names):
            stage.begin_anew()
            await play(VISITS[name], stage, somebody)
            gc.collect()
            counts.append(len(list(app.screen.walk_children())))
        assert len(set(counts)) == 1, counts
