"""Contents as tags of each format can hold them, for hypothesis."""

from dataclasses import replace

from hypothesis import strategies as st

from firmware_bridge.tags import TagContent, TagFormat, Usage

PRINTABLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
USAGES = st.none() | st.sampled_from(Usage)
COUNTRIES = st.text(st.characters(min_codepoint=65, max_codepoint=90), min_size=2, max_size=2)
ISILS = st.just("") | st.builds(
    "{}-{}".format,
    COUNTRIES,
    st.text(st.sampled_from("ABCXYZabcxyz0189-:/"), min_size=1, max_size=9),
)


def fits(text: str, size: int) -> bool:
    return len(text.encode()) <= size


def part_numbers(most: int) -> st.SearchStrategy[tuple[int, int]]:
    numbered = st.integers(1, most).flatmap(
        lambda parts: st.tuples(st.just(parts), st.integers(0, parts))
    )
    return st.just((0, 0)) | numbered


@st.composite
def danish(draw: st.DrawFn) -> TagContent:
    parts, part = draw(part_numbers(255))
    return TagContent(
        TagFormat.DANISH,
        draw(st.text(ANY, min_size=1, max_size=16).filter(lambda text: fits(text, 16))),
        owner=draw(ISILS),
        usage=draw(st.sampled_from(Usage)),
        parts=parts,
        part=part,
    )


@st.composite
def objects(draw: st.DrawFn, tag_format: TagFormat = TagFormat.OBJECTS) -> TagContent:
    parts, part = draw(part_numbers(500))
    texts = st.text(ANY, max_size=20)
    return TagContent(
        tag_format,
        draw(st.text(ANY, min_size=1, max_size=20)),
        owner=draw(ISILS | texts),
        usage=draw(USAGES),
        parts=parts,
        part=part,
        media=draw(texts),
        shelf=draw(texts),
        title=draw(texts),
        elements=tuple(
            sorted(
                draw(
                    st.dictionaries(
                        st.sampled_from([9, 15, 22, 99, 127]), texts.filter(bool), max_size=3
                    )
                ).items()
            )
        ),
    )


PLANE_0 = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"], exclude_characters="\x00.")
NUMBERS = st.integers(0, 10**24 - 1).flatmap(
    lambda number: st.integers(len(str(number)), 24).map(lambda width: f"{number:0{width}}")
)


@st.composite
def uhf(draw: st.DrawFn) -> TagContent:
    return replace(
        draw(objects(TagFormat.UHF)),
        item_id=draw(st.text(PLANE_0, min_size=1, max_size=6) | NUMBERS),
        owner=draw(ISILS),
    )


ALLIANCE_USAGES = st.none() | st.sampled_from(
    [
        Usage.ACQUISITION,
        Usage.CIRCULATING,
        Usage.NOT_FOR_CIRCULATION,
        Usage.DISCARDED,
        Usage.PATRON_CARD,
        Usage.LIBRARY_EQUIPMENT,
    ]
)


@st.composite
def alliance(draw: st.DrawFn) -> TagContent:
    parts, part = draw(part_numbers(65535))
    texts = st.text(ANY, min_size=1, max_size=20)
    code = st.integers(0, 59_999).map("{:05}".format) | st.integers(90_000, 95_535).map(str)
    packed = st.from_regex(r"[A-Z0-9]{3}[0-9]{4,10}[!-~]", fullmatch=True)
    return TagContent(
        TagFormat.ALLIANCE,
        draw(packed | st.text(PRINTABLE, min_size=1, max_size=14)),
        owner=draw(st.just("") | code),
        usage=draw(ALLIANCE_USAGES),
        parts=parts,
        part=part,
        shelf=draw(st.just("") | texts),
        elements=tuple(
            sorted(
                draw(st.dictionaries(st.sampled_from([12, 14, 24, 31]), texts, max_size=3)).items()
            )
        ),
    )
