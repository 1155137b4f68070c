"""Whatever a session asks for is begun here, and what comes of it is told to the session.

An answer of a visit that is over is dropped: the next visitor must not see it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog

from firmware_bridge.receipts.port import Receipt, ReceiptLine
from kiosk.errands.lending import LendingErrands
from kiosk.errands.mailing import Mailbox, send_slip
from kiosk.errands.out_of_use import OutOfUseMark
from kiosk.errands.printing import SlipPrinter
from kiosk.errands.staff_cards import StaffCards
from kiosk.errors import KioskError
from kiosk.host import SessionHost
from kiosk.session.effects import (
    CheckStaff,
    CloseCase,
    Effect,
    EndSession,
    GiveSlip,
    Handle,
    Identify,
    NoteShown,
    OrderRoom,
    ReadAccount,
    Report,
    TakeOutOfUse,
    Wipe,
)
from kiosk.session.events import (
    AccountRead,
    Event,
    HandlingEnded,
    NotIdentified,
    Reported,
    SlipGiven,
    SlipReady,
    SlipWay,
    StaffKnown,
    StaffUnknown,
)
from kiosk.session.patron import IdentifyRefusal
from kiosk.session.screen import Lang
from kiosk.session.slip_text import slip_lines
from link.clock import monotonic_ms
from link.recorder import Recorder

log = structlog.get_logger(__name__)

SOURCE: Final = "kiosk"
MOST_TEXT: Final = 200
"""Characters of a text in an event."""
_SUBJECT: Final = {"zh": "借还凭条", "en": "Your slip"}


class Errands:
    """Carries effects out. `attach` names the session, `lending` is None where nothing is lent.

    `now_s` is Unix time.
    """

    def __init__(
        self,
        recorder: Recorder,
        staff: StaffCards,
        mark: OutOfUseMark,
        *,
        printer: SlipPrinter | None,
        mailbox: Mailbox | None,
        now_s: Callable[[], int],
    ) -> None:
        self._recorder = recorder
        self._staff = staff
        self._mark = mark
        self._printer = printer
        self._mailbox = mailbox
        self._now_s = now_s
        self.lending: LendingErrands | None = None
        self.order_room: Callable[[str, str], None] = lambda _verb, _by: None
        """Carries out what the staff orders of the room."""
        self._host: SessionHost
        self._over = -1
        self._of_visit: dict[asyncio.Task[None], int] = {}
        self._lasting: set[asyncio.Task[None]] = set()
        self.is_mail_well = True

    def attach(self, host: SessionHost) -> None:
        """Name the session that asks."""
        self._host = host

    def post(self, visit: int, event: Event) -> None:
        """Tell the session of what a visit asked for, unless that visit is over."""
        if visit > self._over:
            self._host.post(event)

    def carry_out(self, effect: Effect) -> None:
        """Begin an effect, and return at once."""
        match effect:
            case Identify() | ReadAccount() | Handle() | NoteShown() | EndSession() | CloseCase():
                if self.lending is None:
                    self._without_lending(effect)
                else:
                    self.lending.begin(effect)
            case GiveSlip(visit):
                self._begin(visit, self._give_slip(effect))
            case CheckStaff(visit):
                self._begin(visit, self._check_staff(effect))
            case Report():
                # What was said stays said, whoever has left by then.
                self._begin(None, self._report(effect))
            case TakeOutOfUse(is_out, by):
                log.info("kiosk_taken_out" if is_out else "kiosk_put_in", by=by)
                self._begin(None, self._take_out(is_out=is_out))
            case OrderRoom(verb, by):
                # Not from within the step that asks.
                asyncio.get_running_loop().call_soon(self.order_room, verb, by)
            case Wipe(visit):
                self._wipe(visit)

    async def finish(self) -> None:
        """Let what is to be kept come to its end, and end everything else."""
        for task in tuple(self._of_visit):
            task.cancel()
        waiting = {*self._of_visit, *self._lasting}
        if waiting:
            await asyncio.wait(waiting)

    def _begin(self, visit: int | None, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="errand")
        if visit is None:
            self._lasting.add(task)
            task.add_done_callback(self._lasting.discard)
        else:
            self._of_visit[task] = visit
            task.add_done_callback(lambda done: self._of_visit.pop(done, None))

    def _wipe(self, visit: int) -> None:
        self._over = max(self._over, visit)
        for task, of in tuple(self._of_visit.items()):
            if of <= visit:
                task.cancel()
        if self.lending is not None:
            self.lending.wipe(visit)

    def _without_lending(self, effect: Effect) -> None:
        """Answer as one must who cannot lend, so that nobody waits."""
        loop = asyncio.get_running_loop()
        match effect:
            case Identify(visit):
                answer: Event = NotIdentified(IdentifyRefusal.AWAY)
            case ReadAccount(visit):
                answer = AccountRead(None)
            case Handle(visit):
                answer = HandlingEnded()
            case EndSession(visit):
                answer = SlipReady(())
            case _:
                return
        # Not at once: the session is in the middle of the step that asks.
        loop.call_soon(self.post, visit, answer)

    async def _give_slip(self, effect: GiveSlip) -> None:
        lines = self._lines(effect)
        why = ""
        if effect.way is SlipWay.PRINT:
            why = await self._print(lines) if self._printer else "printer_away"
        elif effect.way is SlipWay.EMAIL:
            why = await self._mail(effect, lines)
        self.post(effect.visit, SlipGiven(effect.way, not why, why))  # type: ignore[arg-type]

    async def _print(self, lines: list[str]) -> str:
        assert self._printer is not None  # noqa: S101
        first, rest = lines[0], lines[1:]
        head = ReceiptLine(first, is_large=True, is_centred=True)
        return await self._printer.print_slip(Receipt((head, *map(ReceiptLine, rest))))

    async def _mail(self, effect: GiveSlip, lines: list[str]) -> str:
        if self._mailbox is None:
            return "mail_away"
        subject = _SUBJECT["en" if effect.is_english else "zh"]
        why = await send_slip(self._mailbox, effect.address, subject, "\n".join(lines) + "\n")
        self.is_mail_well = why != "mail_away"
        return why

    def _lines(self, effect: GiveSlip) -> list[str]:
        host = self._host
        lang: Lang = "en" if effect.is_english else "zh"
        around = host.state.around
        return slip_lines(effect.rows, self._now_s(), host.settings.zone, around, lang)

    async def _check_staff(self, effect: CheckStaff) -> None:
        try:
            checked = await asyncio.to_thread(self._staff.check, effect.number, effect.pin)
        except KioskError as error:
            log.error("staff_cards_unusable", reason=str(error))
            self.post(effect.visit, StaffUnknown())
            return
        if checked.name:
            log.info("staff_known", name=checked.name)
            self.post(effect.visit, StaffKnown(checked.name))
        else:
            log.warning("staff_unknown", locked=checked.is_locked)
            self.post(effect.visit, StaffUnknown(checked.is_locked))

    async def _report(self, effect: Report) -> None:
        data = {
            key: value[:MOST_TEXT] if isinstance(value, str) else value
            for key, value in effect.data.items()
        }
        self._recorder.happened(SOURCE, effect.name.value, monotonic_ms(), data)
        # It is in memory until the disk has it: only then somebody may be told that it is kept.
        is_kept = await self._recorder.commit()
        if effect.is_answered:
            self.post(effect.visit, Reported(is_kept))

    async def _take_out(self, *, is_out: bool) -> None:
        try:
            await asyncio.to_thread(self._mark.put, is_out=is_out)
        except KioskError as error:
            log.error("out_of_use_not_kept", reason=str(error))
        self._host.post(self._mark.now())
