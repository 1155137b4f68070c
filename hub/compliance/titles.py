"""What each metric asks of a venue, in a few words of both languages. Pure."""

from collections.abc import Mapping
from typing import Final

TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "published_hours_kept_ratio": ("按公示时间开放", "Published hours kept"),
    "open_hours_per_week_h": ("每周开放时数", "Hours open each week"),
    "open_every_day_bool": ("每天开放", "Open every day"),
    "offpeak_open_hours_share_ratio": ("错时开放占比", "Share of off-peak hours"),
    "open_days_per_year_d": ("全年开放天数", "Days open in the year"),
    "statutory_holiday_open_bool": ("法定节假日开放", "Open on statutory holidays"),
    "vacation_minus_term_mean_daily_open_minutes": (
        "寒暑假适当延长",
        "Longer in school vacations",
    ),
    "closure_notice_lead_days": ("闭馆事先公告", "Closures announced ahead"),
    "opening_hours_published_bool": ("开放时间已公示", "Opening hours are published"),
    "free_admission_bool": ("免费开放", "Free admission"),
    "visits_count": ("到访人次", "Visits"),
    "visits_per_open_hour": ("每小时到访人次", "Visits an open hour"),
    "loans_count": ("借阅册次", "Loans"),
    "kiosk_sessions_count": ("自助机使用次数", "Kiosk sessions"),
}
"""By the metric's name."""
