"""Every visit against the session alone: what is said, and that nothing of a visitor stays."""

import pytest

from kiosk.session.screen import Lang, ScreenName
from tests.flows.stage import NoFace, Stage, play
from tests.flows.steps import Expect
from tests.flows.visits import VISITS


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", VISITS)
async def test_a_visit(name: str, lang: Lang) -> None:
    stage = Stage(lang)
    await play(VISITS[name], stage, NoFace(stage))


def test_visits_see_every_screen() -> None:
    steps = [step for flow in VISITS.values() for step in flow.steps]
    assert {step.screen for step in steps if isinstance(step, Expect)} == set(ScreenName)
