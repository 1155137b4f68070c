"""From what the store holds to verdicts: evidence, what has to be judged anew, every version."""

from hub.store.records.verdicts import ReadingRow, VerdictRow, WantedVerdicts
from hub.verdicts.desk import VerdictDesk
from hub.verdicts.docket import Docket
from hub.verdicts.overrides import OverrideDesk
from hub.verdicts.venue_judge import Bench
from hub.verdicts.work import Declarations, Told

__all__ = [
    "Bench",
    "Declarations",
    "Docket",
    "OverrideDesk",
    "ReadingRow",
    "Told",
    "VerdictDesk",
    "VerdictRow",
    "WantedVerdicts",
]
