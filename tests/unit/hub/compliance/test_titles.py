from hub.compliance.rules import METRICS
from hub.compliance.titles import TITLES


def test_every_metric_has_its_title_in_both_languages() -> None:
    assert set(TITLES) == set(METRICS)
    assert all(zh and en for zh, en in TITLES.values())
