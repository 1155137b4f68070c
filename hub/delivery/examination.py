"""What the doctor says of how alerts reach people: routes, channels, what waits."""

import os
from collections.abc import Iterator

from hub.config import HubConfig, read_toml
from hub.delivery.book import Book, Channel
from hub.delivery.reading import book_of, channel_url
from hub.errors import ConfigError, StoreError
from hub.finding import Finding
from hub.store.records import Records
from hub.store.records.deliveries import DeliveryRecords


def examine_delivery(config: HubConfig) -> Iterator[Finding]:
    """Look at routes and channels; sends nothing, and tells no URL."""
    if config.alerts is None:
        yield Finding(True, "deliveries: no alerts.toml, so alerts are shown on pages only")
        return
    try:
        book = book_of(read_toml(config.alerts), config.alerts)
    except ConfigError as error:
        yield Finding(False, str(error))
        return
    yield Finding(True, f"deliveries: {len(book.channel)} channels, {len(book.route)} routes")
    for channel in book.channel:
        yield _channel(config, channel)
    for unused in book.unused:
        yield Finding(False, f"channel {unused}: no route leads to it; add one or take it out")
    if book.channel and not config.http.public_url:
        yield Finding(
            False, "http.public_url is not set, so messages carry no link to the evidence"
        )
    if book.channel and config.records_path.exists():
        yield _outbox(config, book)


def _channel(config: HubConfig, channel: Channel) -> Finding:
    # apprise takes half a second to load: only for who has channels.
    from hub.delivery.by_apprise import knows  # noqa: PLC0415

    folder = config.alerts.parent if config.alerts is not None else config.data_dir
    try:
        url = channel_url(channel, folder, os.environ)
    except ConfigError as error:
        return Finding(False, str(error))
    scheme = url.partition("://")[0]
    if not knows(url):
        return Finding(
            False,
            f"channel {channel.id}: apprise cannot use its URL, which begins with {scheme}://",
        )
    return Finding(True, f"channel {channel.id}: {scheme}, at most {channel.per_minute} a minute")


def _outbox(config: HubConfig, book: Book) -> Finding:
    try:
        with Records(config.records_path) as records:
            found = DeliveryRecords(records).channels()
    except StoreError as error:
        return Finding(False, str(error))
    waiting = sum(each.waiting for each in found.values())
    dead = sum(each.dead for each in found.values())
    failing = [
        each.id
        for each in book.channel
        if each.id in found and found[each.id].failed_ms > found[each.id].sent_ms
    ]
    told = f"deliveries: {waiting} wait, {dead} were given up"
    if failing:
        told += f"; {', '.join(failing)} failed last: see /deliveries"
    elif dead:
        told += ": retry or drop them at /deliveries"
    return Finding(not failing and not dead, told)
