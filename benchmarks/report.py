"""One measured figure, what was promised of it, and the floor that it stands against."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    floor: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool | None:
        """Tell whether the promise is kept; None where none was made."""
        if self.at_most is not None:
            return self.value <= self.at_most
        if self.at_least is not None:
            return self.value >= self.at_least
        return None

    @property
    def promise(self) -> str:
        if self.at_most is not None:
            return f"≤ {_number(self.at_most)}"
        if self.at_least is not None:
            return f"≥ {_number(self.at_least)}"
        return ""

    def row(self) -> str:
        """Return the figure as a row of a Markdown table."""
        kept = {True: "yes", False: "**no**", None: ""}[self.is_met]
        floor = "" if self.floor is None else _number(self.floor)
        return (
            f"| {self.name} | {_number(self.value)} {self.unit} | {self.promise} | {kept} "
            f"| {floor} | {self.note} |"
        )


HEAD = "| figure | measured | promised | kept | floor | note |\n|---|---|---|---|---|---|"


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
