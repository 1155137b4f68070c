"""What venues declare of their hours: kept with who, when and why; asked as schedules."""

from hub.schedules.book import Schedules
from hub.schedules.declaration import Declaration, Terms
from hub.schedules.desk import ScheduleDesk

__all__ = ["Declaration", "ScheduleDesk", "Schedules", "Terms"]
