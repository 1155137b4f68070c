"""The pad sorted, offline limits and order, Koha's file, slips, the staff's list, clocks."""

from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from contracts.blocked_cards import BlockedCards, hash_card
from firmware_bridge.readers.port import SecurityState
from firmware_bridge.readers.tag_access import TagRead
from firmware_bridge.tags import (
    Decoded,
    TagContent,
    TagFormat,
    Unreadable,
    UnreadableReason,
    Usage,
)
from kiosk.lending.clocks import is_wrong, library_time_ms, offset_ms
from kiosk.lending.koc import koc_file
from kiosk.lending.offline import (
    OfflinePolicy,
    OfflineRefusal,
    due_at_ms,
    may_borrow,
    next_uploads,
)
from kiosk.lending.slip import Ending, slip
from kiosk.lending.stack import ItemRules, Obstacle, sort_pad
from kiosk.lending.transaction import Action, Stage, Transaction, Upload
from kiosk.lending.unfinished import MOST_NAMED, Case, told_to_hub, unfinished
from tests.unit.kiosk.lending.cases import CARD, NOW_MS, a_transaction

DAY_MS = 86_400_000
ITEM, OWNER = "31000000007", "CN-110108"


def a_tag(
    uid: str,
    content: Decoded | None = None,
    *,
    item_id: str = ITEM,
    owner: str = OWNER,
    usage: Usage = Usage.CIRCULATING,
    parts: int = 0,
    part: int = 0,
) -> TagRead:
    whole = TagContent(TagFormat.DANISH, item_id, owner, usage, parts, part)
    return TagRead(uid, content or whole, SecurityState.ON)


@pytest.mark.parametrize(
    ("tag", "obstacle"),
    [
        (a_tag("1", Unreadable(UnreadableReason.BLANK, "")), Obstacle.BLANK),
        (a_tag("1", Unreadable(UnreadableReason.FOREIGN, "")), Obstacle.FOREIGN),
        (a_tag("1", Unreadable(UnreadableReason.DAMAGED, "")), Obstacle.DAMAGED),
        (a_tag("1", Unreadable(UnreadableReason.UNKNOWN, "")), Obstacle.UNKNOWN),
        (a_tag("1", usage=Usage.PATRON_CARD), Obstacle.PATRON_CARD),
        (a_tag("1", owner="DE-705"), Obstacle.OTHER_LIBRARY),
        (a_tag("1", usage=Usage.NOT_FOR_CIRCULATION), Obstacle.NOT_FOR_LOAN),
        (a_tag("1", usage=Usage.DISCARDED), Obstacle.NOT_FOR_LOAN),
    ],
)
def test_f13_what_is_no_item_of_ours_is_shown_with_its_reason(
    tag: TagRead, obstacle: Obstacle
) -> None:
    pad = sort_pad([tag], ItemRules(owners=frozenset({OWNER})))
    assert pad.items == ()
    assert [one.obstacle for one in pad.obstructed] == [obstacle]


def test_f11_an_item_whose_disc_is_missing_is_refused_whole_and_names_the_part() -> None:
    book, disc = a_tag("1", parts=2, part=1), a_tag("2", parts=2, part=2)
    (missing,) = sort_pad([book]).obstructed
    assert (missing.obstacle, missing.missing) == (Obstacle.INCOMPLETE, (2,))
    (item,) = sort_pad([book, disc]).items
    assert item.uids == ("1", "2")
    (odd,) = sort_pad([book, a_tag("3", parts=2, part=1)]).obstructed
    assert odd.obstacle is Obstacle.CHECK


def test_f12_only_what_was_confirmed_is_taken() -> None:
    pad = sort_pad([a_tag("1"), a_tag("2", item_id="neighbour's")])
    assert [item.item_id for item in pad.confirmed([ITEM])] == [ITEM]


def a_loan(name: str, item_id: str, patron: str = CARD, at_ms: int = NOW_MS) -> Transaction:
    one = a_transaction(item_id=item_id, patron=patron, is_offline=True, upload=Upload.WAITING)
    return replace(
        one,
        id=name,
        is_accepted=True,
        accepted_at_ms=at_ms,
        stage=Stage.SHOWN,
        action=Action.BORROW,
    )


POLICY = OfflinePolicy(is_allowed=True, most_items=4, most_patrons=2, most_items_of_patron=2)
SALT = "0123456789abcdef"
CARDS = BlockedCards(NOW_MS - DAY_MS, SALT, frozenset({hash_card(SALT, "blocked")}))


@pytest.mark.parametrize(
    ("policy", "cards", "patron", "item_id", "refusal"),
    [
        (POLICY, CARDS, "p2", "i9", None),
        (OfflinePolicy(), CARDS, "p2", "i9", OfflineRefusal.NOT_ALLOWED),
        (POLICY, None, "p2", "i9", OfflineRefusal.NO_CARD_LIST),
        (
            POLICY,
            BlockedCards(NOW_MS - 4 * DAY_MS, SALT),
            "p2",
            "i9",
            OfflineRefusal.NO_CARD_LIST,
        ),
        (POLICY, CARDS, "blocked", "i9", OfflineRefusal.BLOCKED),
        (POLICY, CARDS, "p1", "i9", OfflineRefusal.TOO_MANY_FOR_PATRON),
        (POLICY, CARDS, "p3", "i9", OfflineRefusal.TOO_MANY_PATRONS),
        (POLICY, CARDS, "p2", "i1", OfflineRefusal.ALREADY_LENT),
        (
            OfflinePolicy(is_allowed=True, most_items=3),
            CARDS,
            "p2",
            "i9",
            OfflineRefusal.TOO_MANY_ITEMS,
        ),
    ],
)
def test_lending_offline_has_limits(
    policy: OfflinePolicy,
    cards: BlockedCards | None,
    patron: str,
    item_id: str,
    refusal: OfflineRefusal | None,
) -> None:
    loans = [a_loan("a", "i1", "p1"), a_loan("b", "i2", "p1"), a_loan("c", "i3", "p2")]
    found = may_borrow(
        policy,
        cards,
        loans,
        patron=patron,
        item_id=item_id,
        now_ms=NOW_MS,
    )
    assert found is refusal
    assert due_at_ms(policy, NOW_MS) == NOW_MS + 28 * DAY_MS


def test_uploads_follow_each_other_per_item_and_no_item_waits_for_another() -> None:
    back = replace(a_loan("c", "i1", at_ms=NOW_MS), action=Action.RETURN)
    rows = [a_loan("a", "i1", at_ms=NOW_MS + 5), a_loan("b", "i2", at_ms=NOW_MS + 9), back]
    assert [one.id for one in next_uploads(rows)] == ["c", "b"]
    rows[2] = replace(back, upload=Upload.REFUSED)
    assert [one.id for one in next_uploads(rows)] == ["a", "b"]


def test_kohas_file_is_as_its_wiki_says_and_the_same_for_the_same_rows() -> None:
    back = replace(a_loan("b", "i2", at_ms=NOW_MS + 60_250), action=Action.RETURN)
    zone = ZoneInfo("Asia/Shanghai")
    file = koc_file([back, a_loan("a", "i1")], zone, "1")
    assert file.content.decode().split("\r\n") == [
        "Version=1.0\tGenerator=kaiguan\tGeneratorVersion=1",
        f"2026-11-18 19:06:40 000\tissue\t{CARD}\ti1",
        "2026-11-18 19:07:40 250\treturn\ti2",
        "",
    ]
    assert file.name == f"kaiguan-20261118-{file.digest[:8]}.koc"
    assert koc_file([a_loan("a", "i1"), back], zone, "1") == file
    assert koc_file([a_loan("a", "i1\tx")], zone, "1").content.count(b"\t") == 5


@pytest.mark.parametrize(
    ("stage", "is_accepted", "ending"),
    [
        (Stage.BIT_VERIFIED, True, Ending.DONE),
        (Stage.ILS_OK, True, Ending.DONE),
        (Stage.SHOWN, False, Ending.REFUSED),
        (Stage.BIT_PENDING, True, Ending.SEE_STAFF),
        (Stage.SENT, False, Ending.SEE_STAFF),
        (Stage.INTENT, False, None),
    ],
)
def test_a_slip_claims_only_what_is_done(
    stage: Stage, is_accepted: bool, ending: Ending | None
) -> None:
    rows = slip([replace(a_transaction(), stage=stage, is_accepted=is_accepted)])
    assert [row.ending for row in rows] == ([ending] if ending else [])
    assert CARD not in repr(rows)


def test_the_staffs_list_has_the_gravest_first() -> None:
    rows = [
        replace(a_loan("upload", "i1"), upload=Upload.REFUSED),
        replace(a_transaction(), id="sent", stage=Stage.SENT),
        replace(a_transaction(), id="bit", stage=Stage.BIT_PENDING),
        replace(a_transaction(), id="seen", stage=Stage.BIT_PENDING, is_closed=True),
        replace(a_transaction(), id="fine", stage=Stage.SHOWN),
    ]
    found = unfinished(rows)
    assert [row.case for row in found] == [Case.BIT_PENDING, Case.NOT_KNOWN, Case.UPLOAD_REFUSED]
    assert [row.transaction.id for row in unfinished(rows, [Case.NOT_KNOWN])] == ["sent"]


def test_the_hub_is_told_of_cases_and_not_of_whose_they_are() -> None:
    rows = [
        replace(a_transaction(), id=f"b{n}", stage=Stage.BIT_PENDING, patron=CARD, began_at_ms=n)
        for n in range(1, MOST_NAMED + 3)
    ]
    waits = replace(a_transaction(), id="w", stage=Stage.SHOWN, upload=Upload.WAITING, patron=CARD)
    told = told_to_hub(unfinished([*rows, waits]))
    assert [(one.case, one.count, len(one.items)) for one in told] == [
        ("bit_pending", MOST_NAMED + 2, MOST_NAMED),
        ("not_uploaded", 1, 0),
    ]
    assert CARD not in repr(told)
    assert told_to_hub(()) == ()


def test_f18_a_clock_that_is_off_is_told_and_offline_times_follow_the_librarys() -> None:
    behind = offset_ms(NOW_MS + 120_000, NOW_MS)
    assert is_wrong(behind)
    assert not is_wrong(offset_ms(NOW_MS + 59_000, NOW_MS))
    assert library_time_ms(NOW_MS - 5, behind, NOW_MS, "b1", "b1") == NOW_MS + 119_995
    assert library_time_ms(NOW_MS - 5, behind, NOW_MS, "b0", "b1") == NOW_MS - 5
    ahead = offset_ms(NOW_MS - 120_000, NOW_MS)
    assert library_time_ms(NOW_MS + 9, ahead, NOW_MS, "b0", "b1") == NOW_MS - 120_000
