"""One SIP2 message: its code, its fixed text, its variable fields in their order.

message = compose(Code.CHECKOUT_ANSWER, OK.of(True), TITLE.of("论语"), sequence=3)
message[OK]             True, by the type of the part
message.get(TITLE)      "论语", None where it does not stand
message.all(SCREEN)     every one, in order
"""

from dataclasses import dataclass, replace
from typing import TypeVar

from contracts.errors import EncodeError
from contracts.sip2.fields import Field, FieldValue
from contracts.sip2.forms import FORMS, Form
from contracts.sip2.part import Filled, Part

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a known code; unknown fields are kept, in their place."""

    code: str
    fixed: str
    fields: tuple[FieldValue, ...] = ()
    sequence: int | None = None
    """0 to 9; an answer repeats its request's."""
    is_checked: bool = False
    """A checksum came with it, and was right. Whoever sends none expects none."""

    def __getitem__(self, part: Part[T]) -> T:
        start, end = self.form.places[part]
        return part.read(self.fixed[start:end])

    @property
    def form(self) -> Form:
        """Return the shape of messages of this code."""
        return FORMS[self.code]

    def get(self, field: Field) -> str | None:
        """Return the first value of a field, None where it does not stand."""
        code = field.code
        for one in self.fields:
            if one.code == code:
                return one.value
        return None

    def text(self, field: Field) -> str:
        """Return the first value of a field, empty where it does not stand."""
        return self.get(field) or ""

    def all(self, field: Field) -> list[str]:
        """Return every value of a field, in order."""
        return [one.value for one in self.fields if one.code == field.code]

    def missing(self) -> list[Field]:
        """Return the fields that the protocol requires and that do not stand in it."""
        given = {one.code for one in self.fields}
        return [field for field in self.form.required if field.code not in given]

    def numbered(self, sequence: int | None) -> "Message":
        """Return the same message with another sequence number."""
        return replace(self, sequence=sequence)

    def __repr__(self) -> str:
        # Who logs a message must not log a patron by it.
        fields = " ".join(one.code for one in self.fields)
        return f"Message({self.code}, {fields}, sequence={self.sequence})"


def compose(code: str, *said: Filled | FieldValue | None, sequence: int | None = None) -> Message:
    """Return a message; parts that are not given have their defaults, None is left out.

    Raises EncodeError for a part that the message does not have.
    """
    form = FORMS[code]
    texts = list(form.defaults)
    values = []
    for one in said:
        if isinstance(one, FieldValue):
            values.append(one)
        elif one is not None:
            number = form.numbers.get(one.part)
            if number is None:
                raise EncodeError(f"message {code} has no part {one.part.name!r}")
            texts[number] = one.text
    return Message(str(code), "".join(texts), tuple(values), sequence)


def next_sequence(previous: int | None) -> int:
    """Return the sequence number of a new request; one that is sent again keeps its own."""
    return 0 if previous is None else (previous + 1) % 10
