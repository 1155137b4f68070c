"""Half-open spans of time, in Unix milliseconds, in order and apart from each other."""

from collections.abc import Sequence

Span = tuple[int, int]


def joined(spans: Sequence[Span], bridge_ms: int = 0) -> list[Span]:
    """Join spans that overlap, touch, or lie no more than `bridge_ms` apart."""
    result: list[Span] = []
    for since, until in sorted(spans):
        if result and since - result[-1][1] <= bridge_ms:
            result[-1] = (result[-1][0], max(result[-1][1], until))
        else:
            result.append((since, until))
    return result


def intersection(groups: Sequence[Sequence[Span]]) -> list[Span]:
    """Return the spans that lie in every group; of no group at all, none."""
    if not groups:
        return []
    common = list(groups[0])
    for other in groups[1:]:
        common = _both(common, other)
    return common


def extended(spans: Sequence[Span], since: int, until: int) -> list[Span] | None:
    """Grow the last span to `until` when `since` lies in it; None when it does not fit there."""
    if spans and spans[-1][0] <= since <= spans[-1][1]:
        return [*spans[:-1], (spans[-1][0], max(spans[-1][1], until))]
    return None


def first_difference(old: Sequence[Span], new: Sequence[Span]) -> int | None:
    """Return the first instant that only one of the two covers; None when they are the same."""
    for left, right in zip(old, new, strict=False):
        if left[0] != right[0]:
            return min(left[0], right[0])
        if left[1] != right[1]:
            return min(left[1], right[1])
    longer, shared = (old, len(new)) if len(old) > len(new) else (new, len(old))
    return longer[shared][0] if len(longer) > shared else None


def holes(spans: Sequence[Span], since: int, until: int) -> list[Span]:
    """Return the stretches of [since, until) that no span covers."""
    result: list[Span] = []
    at = since
    for start, end in spans:
        if end <= at:
            continue
        if start >= until:
            break
        if start > at:
            result.append((at, start))
        at = max(at, end)
    if at < until:
        result.append((at, until))
    return result


def first_stretch(spans: Sequence[Span], since: int, length: int, until: int) -> int | None:
    """Return the end of the first stretch of `length` inside one span within [since, until]."""
    for start, end in spans:
        begin = max(since, start)
        if begin + length <= min(end, until):
            return begin + length
    return None


def _both(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    result: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        since, until = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if since < until:
            result.append((since, until))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return result
