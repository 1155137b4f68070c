"""Where people declare hours: checked, shown before they are saved, on record with who and why."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from hub.access import Who
from hub.access.complaints import Complained, Complaint
from hub.access.texts import one_line, said
from hub.audit import entry
from hub.compliance.rules import Rule
from hub.compliance.schedule import Schedule
from hub.errors import NotFound
from hub.lawbook import read_catalogue
from hub.schedules.book import Schedules
from hub.schedules.check import REASON_LENGTH, checked
from hub.schedules.declaration import (
    Declaration,
    DistrictTerms,
    NoticeTerms,
    Terms,
    Withdrawal,
    as_plain,
    first_day,
)
from hub.schedules.what_if import Preview, preview
from hub.store.records import Records
from hub.store.records.declarations import DeclarationRecord, DeclarationRecords
from hub.venues import Venue

OLDEST_MS: Final = 366 * 86_400_000
MOST_OF_A_VENUE: Final = 5_000


class ScheduleDesk:
    """Takes declarations and withdraws them. What cannot be done raises Complained or NotFound."""

    def __init__(
        self,
        records: Records,
        schedules: Schedules,
        clock_ms: Callable[[], int],
        rules: Iterable[Rule] | None = None,
    ) -> None:
        self._records = DeclarationRecords(records)
        self._schedules = schedules
        self._clock_ms = clock_ms
        self._rules = tuple(read_catalogue().values() if rules is None else rules)

    def preview(self, venue: Venue, terms: Terms, published_ms: int | None = None) -> Preview:
        """Return what terms would mean for a venue; nothing is saved."""
        return self._preview(venue, self._declaration(Who(), venue, terms, published_ms))

    def preview_withdrawal(self, venue: Venue, id_: int) -> Preview:
        """Return what a withdrawal now would mean. Raises NotFound."""
        now_ms = self._clock_ms()
        return self._preview_gone(venue, self._standing(venue, id_), now_ms)

    def declare(
        self,
        by: Who,
        venue: Venue,
        terms: Terms,
        reason: str,
        *,
        published_ms: int | None = None,
        document: str = "",
        confirmed: bool = False,
    ) -> Declaration:
        """Let terms hold for a venue, told to the public now or when a document shows.

        `confirmed`: a duty that would not be kept, or a lead too short, is meant.
        """
        reason = said(reason, REASON_LENGTH, Complaint.REASON_FORM)
        document = one_line(document)
        if len(document) > REASON_LENGTH or (published_ms is not None and not document):
            raise Complained(Complaint.DOCUMENT_FORM)
        if len(self._schedules.declarations(venue.id)) >= MOST_OF_A_VENUE:
            raise Complained(Complaint.DECLARATIONS_FULL)
        made = self._declaration(by, venue, terms, published_ms)
        made = replace(made, reason=reason, document=document)
        if not confirmed and self._preview(venue, made).needs_confirmation:
            raise Complained(Complaint.BREACH_UNCONFIRMED)
        plain = as_plain(made.terms)
        facts = {"kind": made.kind, **plain, "reason": reason, "published_ms": made.published_ms}
        if document:
            facts["document"] = document
        told = entry(by, made.made_ms, "schedule.declared", venue.id, None, facts)
        record = DeclarationRecord(
            0,
            venue.id,
            made.kind,
            json.dumps(plain, ensure_ascii=False),
            reason,
            document,
            by.name,
            made.made_ms,
            made.published_ms,
        )
        number = self._records.add(record, told).id
        self._schedules.refresh()
        return replace(made, id=number)

    def withdraw(
        self, by: Who, venue: Venue, id_: int, why: str, *, confirmed: bool = False
    ) -> None:
        """Let a declaration hold no more from now on; what it was until now stays."""
        why = said(why, REASON_LENGTH, Complaint.REASON_FORM)
        one, now_ms = self._standing(venue, id_), self._clock_ms()
        if not confirmed and self._preview_gone(venue, one, now_ms).needs_confirmation:
            raise Complained(Complaint.BREACH_UNCONFIRMED)
        facts = {"id": id_, "kind": one.kind, **as_plain(one.terms), "reason": one.reason}
        told = entry(by, now_ms, "schedule.withdrawn", venue.id, facts, {"why": why})
        if not self._records.withdraw(id_, why, told):
            raise Complained(Complaint.WITHDRAWN_ALREADY)
        self._schedules.refresh()

    def _standing(self, venue: Venue, id_: int) -> Declaration:
        found = next((d for d in self._schedules.declarations(venue.id) if d.id == id_), None)
        if found is None or isinstance(found.terms, DistrictTerms):
            raise NotFound(f"there is no declaration {id_} of {venue.id}")
        if found.withdrawn is not None:
            raise Complained(Complaint.WITHDRAWN_ALREADY)
        return found

    def _declaration(
        self, by: Who, venue: Venue, terms: Terms, published_ms: int | None
    ) -> Declaration:
        now_ms = self._clock_ms()
        published = now_ms if published_ms is None else published_ms
        if not now_ms - OLDEST_MS <= published <= now_ms:
            raise Complained(Complaint.PUBLISHED_TIME)
        clock = self._schedules.of(venue).clock
        terms = checked(terms, clock.day_of(published // 1000), published // 1000)
        return Declaration(0, venue.id, terms, "", by.name, now_ms, published)

    def _preview(self, venue: Venue, made: Declaration) -> Preview:
        notice = made.as_notice(made.terms) if isinstance(made.terms, NoticeTerms) else None
        after = self._schedules.if_declared(venue, made)
        return self._compared(venue, after, made, made.published_ms, notice)

    def _preview_gone(self, venue: Venue, one: Declaration, now_ms: int) -> Preview:
        gone = replace(one, withdrawn=Withdrawal(now_ms, "", ""))
        return self._compared(venue, self._schedules.if_declared(venue, gone), one, now_ms, None)

    def _compared(
        self,
        venue: Venue,
        after: Schedule,
        one: Declaration,
        published_ms: int,
        notice: object,
    ) -> Preview:
        before = self._schedules.of(venue)
        return preview(
            frozenset({venue.kind}),
            before,
            after,
            self._rules,
            first=first_day(one.terms, before.clock),
            now_s=self._clock_ms() // 1000,
            published_s=published_ms // 1000,
            notice=notice,  # type: ignore[arg-type]
        )
