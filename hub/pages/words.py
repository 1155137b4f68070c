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

OPENINGS: Final = {
    "open": Words("开放", "Open"),
    "closed": Words("闭馆", "Closed"),
    "unknown": Words("开闭不详", "Open or not?"),
}

BASES: Final = {
    "lock": Words("门锁 {0} 起", "lock since {0}"),
    "entries": Words("{0} 有人进入", "someone entered {0}"),
    "conflict": Words("门锁锁闭，{0} 起有人进入", "locked, yet entered since {0}"),
    "silent": Words("门锁末次 {0}", "lock last heard {0}"),
    "none": Words("没有门锁读数", "no lock to read"),
}
"""What open or closed rests on; `{0}` is a time of day."""
NO_WORD_OF_LOCK: Final = Words("门锁尚无数据", "lock never heard")

TRENDS: Final = {
    "rising": Words("↗ 上升", "↗ rising"),
    "steady": Words("→ 平稳", "→ steady"),
    "falling": Words("↘ 下降", "↘ falling"),
}
"""Arrow and word; of an unknown trend nothing is said."""

FACET_NAMES: Final = {
    "state": Words("开闭", "Open or closed"),
    "kind": Words("类型", "Kind"),
    "level": Words("归属", "Run by"),
    "quality": Words("计数", "Count"),
    "use": Words("容量", "Capacity"),
    "attention": Words("待处理", "Attention"),
}

OPTIONS: Final = {
    "all": Words("全部", "All"),
    "state.open": Words("开放", "Open"),
    "state.closed": Words("闭馆", "Closed"),
    "state.unknown": Words("不详", "Unknown"),
    "quality.known": Words("计数完整", "Complete"),
    "quality.degraded": Words("计数有缺口", "With gaps"),
    "quality.unknown": Words("证据不足", "Not known"),
    "use.near": Words("接近或超过上限", "Near or over"),
    "use.over": Words("超过容量", "Over"),
    "attention.yes": Words("需要处理", "Needs attention"),
}
"""Options of the filters, by filter and value."""

SORTS: Final = {
    "board": Words("按归属", "By who runs it"),
    "name": Words("按名称", "By name"),
    "occupancy": Words("按在馆人数", "By people inside"),
    "use": Words("按容量使用率", "By use of capacity"),
}

OVER: Final = Words("超过容量", "Over capacity")
NEAR: Final = Words("接近上限", "Near capacity")
OPENING_NOT_KNOWN: Final = Words("未申报开放时间", "No hours declared")
ALL_DAY: Final = Words("申报 24 小时开放", "Declared open 24 h")
NEVER_HEARD: Final = Words("尚未收到数据", "Never heard")


def kind_words(kind: str) -> Words:
    """Return what a kind of venue is called; an unknown kind is called as it is written."""
    return KINDS.get(kind) or Words(kind, kind.replace("_", " "))
