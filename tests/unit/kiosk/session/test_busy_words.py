"""How many people there are, in grammar: nobody, one, many."""

import pytest
from msgspec.structs import replace

from kiosk.session.view_info import busy
from tests.flows.desk import FACTS


@pytest.mark.parametrize(
    ("people", "said"),
    [(0, "0 people"), (1, "1 person"), (2, "2 people")],
    ids=["nobody", "one", "two"],
)
def test_one_is_a_person(people: int, said: str) -> None:
    facts = replace(FACTS, occupancy=people)
    assert busy(facts).en == f"{said} here now, room for 60"
    assert busy(replace(facts, capacity=None)).en == f"{said} here now"
    assert busy(replace(facts, quality="degraded")).en == f"About {said} (may be off)"
    assert str(people) in busy(facts).zh
