"""The words of the pages, Chinese and English side by side."""

from typing import Final, NamedTuple


class Words(NamedTuple):
    """One thing said in both languages."""

    zh: str
    en: str


LEVELS: Final = {
    "district": Words("区级场馆", "District"),
    "town": Words("街镇场馆", "Towns"),
    "space": Words("我嘉书房与新空间", "Book rooms, spaces"),
}

KINDS: Final = {
    "district_library": Words("区图书馆", "District library"),
    "town_library": Words("街镇图书馆", "Town library"),
    "district_cultural_centre": Words("区文化馆", "Cultural centre"),
    "community_cultural_centre": Words("社区文化活动中心", "Community cultural centre"),
    "village_cultural_room": Words("村居综合文化活动室", "Village cultural room"),
    "state_museum": Words("国有博物馆", "State museum"),
    "heritage_site_museum": Words("文物建筑类博物馆", "Heritage site museum"),
    "state_art_museum": Words("国有美术馆", "State art museum"),
    "nonstate_museum": Words("非国有博物馆", "Non-state museum"),
    "book_room": Words("我嘉书房", "Book room"),
    "new_space": Words("文化新空间", "New cultural space"),
}

QUALITIES: Final = {
    "known": Words("计数完整", "Count complete"),
    "degraded": Words("计数有缺口", "Count has gaps"),
    "unknown": Words("证据不足", "Not known"),
}

OVER: Final = Words("超过容量", "Over capacity")
NEAR: Final = Words("接近上限", "Near capacity")
OPENING_NOT_KNOWN: Final = Words("未申报开放时间", "No hours declared")
ALL_DAY: Final = Words("申报 24 小时开放", "Declared open 24 h")
NEVER_HEARD: Final = Words("尚未收到数据", "Never heard")


def kind_words(kind: str) -> Words:
    """Return what a kind of venue is called; an unknown kind is called as it is written."""
    return KINDS.get(kind) or Words(kind, kind.replace("_", " "))
