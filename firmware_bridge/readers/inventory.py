"""Rounds of a reader -> tags that arrive and leave. Pure: a round's uids in, changes out.

A tag at the edge of the field answers in one round and misses the next. So it has arrived after
some rounds in a row with it, and has left after some without it:

      round     1  2  3  4  5  6  7  8  9
      answers   x  x  x     x           -        x = the tag answered
      told            ARRIVED           LEFT     3 rounds with it, 3 without it
"""

from collections.abc import Iterable

from firmware_bridge.readers.port import TagChange, TagSeen

PRESENT_ROUNDS = 3
ABSENT_ROUNDS = 3
MOST_TAGS = 256


class Inventory:
    """What lies in one antenna's field, merged over rounds.

    Holds at most `most_tags` tags, announced or not; what answers beyond that is counted in
    `ignored_reads` and not followed.
    """

    def __init__(
        self,
        *,
        present_rounds: int = PRESENT_ROUNDS,
        absent_rounds: int = ABSENT_ROUNDS,
        most_tags: int = MOST_TAGS,
        antenna: int = 1,
    ) -> None:
        self._present_rounds = present_rounds
        self._absent_rounds = absent_rounds
        self._most_tags = most_tags
        self._antenna = antenna
        self._candidates: dict[str, int] = {}  # uid -> rounds in a row with it
        self._present: dict[str, int] = {}  # uid -> rounds in a row without it
        self.ignored_reads = 0

    @property
    def present(self) -> frozenset[str]:
        """The tags that have arrived and not left."""
        return frozenset(self._present)

    @property
    def is_settled(self) -> bool:
        """Whether nothing of the last round has to be confirmed by a further one."""
        return not self._candidates and not any(self._present.values())

    def take_round(self, uids: Iterable[str]) -> list[TagSeen]:
        """Take in one full round and return what it settles: arrivals first, then leaves.

        A round that the reader broke off is no round: leave it out.
        """
        answered = dict.fromkeys(uids)
        left = self._miss(answered)
        arrived = self._meet(answered)
        return [TagSeen(uid, TagChange.ARRIVED, self._antenna) for uid in arrived] + [
            TagSeen(uid, TagChange.LEFT, self._antenna) for uid in left
        ]

    def _miss(self, answered: dict[str, None]) -> list[str]:
        missed = {
            uid: 0 if uid in answered else rounds + 1 for uid, rounds in self._present.items()
        }
        left = [uid for uid, rounds in missed.items() if rounds >= self._absent_rounds]
        self._present = {uid: rounds for uid, rounds in missed.items() if uid not in left}
        return left

    def _meet(self, answered: dict[str, None]) -> list[str]:
        known = {uid: self._candidates[uid] for uid in answered if uid in self._candidates}
        fresh = [uid for uid in answered if uid not in known and uid not in self._present]
        room = max(0, self._most_tags - len(self._present) - len(known))
        self.ignored_reads += len(fresh[room:])
        met = {uid: rounds + 1 for uid, rounds in (known | dict.fromkeys(fresh[:room], 0)).items()}
        arrived = [uid for uid, rounds in met.items() if rounds >= self._present_rounds]
        self._present |= dict.fromkeys(arrived, 0)
        self._candidates = {uid: n for uid, n in met.items() if uid not in self._present}
        return arrived
