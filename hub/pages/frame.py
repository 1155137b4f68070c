"""What every page stands in: its language, who is signed in, the token of its forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode

from fastapi import Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from hub.access import Permission, Who
from hub.access.complaints import Complaint
from hub.pages.render import DISTRICT_ZONE, environment
from hub.pages.staff_words import ROLES
from hub.pages.words import Words
from hub.runtime import Hub
from hub.web_access import csrf_token, keep_form_cookie

HEADERS: Final = {
    "Cache-Control": "no-store",
    # Nothing from elsewhere and nothing inline: the page sends no request to anyone else.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    ),
    # To ourselves only: without it a browser hides from which site a form comes.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

Lang = Literal["zh", "en"]
LangQuery = Annotated[Lang, Query()]

_TEMPLATES: Final = environment()


@dataclass(frozen=True, slots=True)
class Me:
    """Who is signed in, as the header shows it."""

    name: str
    role: Words
    links: tuple[tuple[str, Words], ...]
    csrf: str
    unseen: int = 0
    """Alerts of now that nobody has seen, as far as they are theirs."""


ALERTS: Final = "/alerts"
_PLACES: Final = (
    (Permission.EVIDENCE, "/duties", Words("合规", "Duties")),
    (Permission.ALERTS, ALERTS, Words("告警", "Alerts")),
    (Permission.ROOMS, "/rooms", Words("书房", "Rooms")),
    (Permission.FEEDBACK, "/kiosks", Words("自助机", "Kiosks")),
    (Permission.ACCOUNTS, "/accounts", Words("账号", "Accounts")),
    (Permission.TOKENS, "/tokens", Words("令牌", "Tokens")),
    (Permission.UPDATES, "/rollouts", Words("软件更新", "Updates")),
    (Permission.DELIVERIES, "/deliveries", Words("通知送达", "Deliveries")),
    (Permission.AUDIT, "/audit", Words("操作记录", "Audit log")),
)
"""Pages of the staff, for whom each of them is."""


def me(request: Request) -> Me | None:
    """Return who is signed in in this browser, as the header shows it."""
    who: Who = getattr(request.state, "who", Who())
    if who.via != "session" or who.role is None:
        return None
    links = tuple((path, words) for needs, path, words in _PLACES if who.may(needs))
    hub: Hub = request.app.state.hub
    unseen = hub.alerts.unseen(who.venues) if who.may(Permission.ALERTS) else 0
    return Me(who.name, ROLES[who.role], links, csrf_token(request), unseen)


def show(
    request: Request, hub: Hub, template: str, lang: Lang, *, status: int = 200, **context: Any
) -> HTMLResponse:
    """Render a page of the staff; its forms belong to this browser alone."""
    title = Words(hub.config.title_zh, hub.config.title_en)
    html = (
        templates()
        .get_template(template)
        .render(
            lang=lang,
            title=title,
            me=me(request),
            csrf=csrf_token(request),
            path=request.url.path,
            switch=switch(request),
            **context,
        )
    )
    response = HTMLResponse(html, status, headers=HEADERS)
    keep_form_cookie(request, response, hub.config.access)
    return response


def go(path: str, lang: Lang, **query: str) -> RedirectResponse:
    """Lead a browser on after a form was taken, so that a reload sends nothing again."""
    return RedirectResponse(
        address(path, lang, **query), 303, headers={"Cache-Control": "no-store"}
    )


def address(path: str, lang: Lang, **query: str) -> str:
    """Return the address of a page in a language."""
    return f"{path}{'&' if '?' in path else '?'}{urlencode({**query, 'lang': lang})}"


def switch(request: Request) -> Mapping[str, str]:
    """Return this page's address in each language, with all else that was asked for."""
    asked = {key: value for key, value in request.query_params.items() if key != "lang"}
    return {lang: f"?{urlencode({**asked, 'lang': lang})}" for lang in ("zh", "en")}


def sentence(complaint: Complaint | None) -> Words | None:
    """Return why something was not done, as a page tells it."""
    if complaint is None:
        return None
    return Words(f"{complaint.zh}。", f"{complaint.en[0].upper()}{complaint.en[1:]}.")


def minute_of(at_ms: int) -> str:
    """Return an instant as it is shown: local day and minute."""
    return datetime.fromtimestamp(at_ms / 1000, DISTRICT_ZONE).strftime("%Y-%m-%d %H:%M")


def templates() -> Environment:
    """Return the templates of the pages."""
    return _TEMPLATES
