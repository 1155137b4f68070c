"""The board's rows, written at once, are to the byte what a template makes of them."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from hub.compliance.bounds import Status
from hub.compliance.rules import KEPT
from hub.pages.duties_html import write_rows
from hub.pages.duties_view import CellView, Chosen, RowView, build_board
from hub.pages.duty_words import MARKS
from hub.pages.render import environment
from tests.unit.hub.duties.worlds import RULES, WEEK, a_row, a_venue

PLAIN = """\
{% for r in rows %}
<tr><th scope="row"><a href="{{ r.href }}">{{ r.name }}</a><small>{{ r.kind }}</small></th>\
<td{% if r.is_thin %} class="thin"{% endif %}>{{ r.coverage }}</td>\
{% for c in r.cells %}{% if c is none %}<td class="no"></td>{% else %}\
<td><a class="state {{ c.mark }}" href="{{ r.href ~ "&rule=" ~ c.rule }}" title="{{ c.title }}">\
{{ c.word }}</a>{% if c.coverage %} <small>{{ c.coverage }}</small>{% endif %}</td>\
{% endif %}{% endfor %}</tr>
{% endfor %}
"""
TEMPLATE = Environment(
    autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
).from_string(PLAIN)

texts = st.text(st.sampled_from("<>&\"'ab 馆&#;{}%\n"), max_size=8)
cells = st.builds(CellView, st.sampled_from(MARKS), texts, texts, texts, texts)
rows = st.builds(
    RowView, texts, texts, texts, texts, st.booleans(), st.lists(st.none() | cells).map(tuple)
)


@settings(deadline=None)
@given(st.lists(rows))
def test_any_rows(told: list[RowView]) -> None:
    assert str(write_rows(told)) == TEMPLATE.render(rows=told)
    # Once more, of what was kept.
    assert str(write_rows(told)) == TEMPLATE.render(rows=told)


@settings(deadline=None)
@given(st.data(), st.sampled_from(["zh", "en"]))
def test_boards(data: st.DataObject, lang: Any) -> None:
    venues = [
        a_venue(f"v{number}", zh=name, en=name)
        for number, name in enumerate(data.draw(st.lists(texts, max_size=4)))
    ]
    duties = [KEPT, *RULES.values()]
    verdicts = [
        a_row(
            venue.id,
            data.draw(st.sampled_from(Status)),
            rule,
            known=data.draw(st.integers(0, 100)),
            final=data.draw(st.booleans()),
        )
        for venue in venues
        for rule in data.draw(st.lists(st.sampled_from(duties), unique_by=id))
    ]
    board = build_board(venues, verdicts, WEEK, Chosen(), lang)
    assert str(write_rows(board.rows)) == TEMPLATE.render(rows=board.rows)


def test_the_page_takes_them_as_they_are() -> None:
    row = RowView("<馆>", "", "/v?a&b", "—", False, ())
    page = environment().from_string("{{ rows|duty_rows }}").render(rows=[row])
    assert page == str(write_rows([row]))
    assert '<a href="/v?a&amp;b">&lt;馆&gt;</a>' in page
