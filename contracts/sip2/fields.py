"""Every variable field of SIP2 2.00, and the extensions in wide use, by name."""

from dataclasses import dataclass
from typing import Final, NamedTuple


@dataclass(frozen=True, slots=True)
class Field:
    """A variable field: two letters and what they stand for; it may stand several times."""

    code: str
    name: str

    def of(self, value: str) -> "FieldValue":
        """Return the field with a value."""
        return FieldValue(self.code, value)


class FieldValue(NamedTuple):
    """A field of a message, known or not."""

    code: str
    value: str


PATRON: Final = Field("AA", "patron identifier")
ITEM: Final = Field("AB", "item identifier")
TERMINAL_PASSWORD: Final = Field("AC", "terminal password")
PATRON_PASSWORD: Final = Field("AD", "patron password")
NAME: Final = Field("AE", "personal name")
SCREEN: Final = Field("AF", "screen message")
PRINT: Final = Field("AG", "print line")
DUE: Final = Field("AH", "due date")
TITLE: Final = Field("AJ", "title identifier")
BLOCKED_MESSAGE: Final = Field("AL", "blocked card message")
LIBRARY: Final = Field("AM", "library name")
TERMINAL: Final = Field("AN", "terminal location")
INSTITUTION: Final = Field("AO", "institution id")
CURRENT_LOCATION: Final = Field("AP", "current location")
PERMANENT_LOCATION: Final = Field("AQ", "permanent location")
HOLD_ITEMS: Final = Field("AS", "hold items")
OVERDUE_ITEMS: Final = Field("AT", "overdue items")
CHARGED_ITEMS: Final = Field("AU", "charged items")
FINE_ITEMS: Final = Field("AV", "fine items")
ADDRESS: Final = Field("BD", "home address")
EMAIL: Final = Field("BE", "e-mail address")
PHONE: Final = Field("BF", "home phone number")
OWNER: Final = Field("BG", "owner")
CURRENCY_TYPE: Final = Field("BH", "currency type")
CANCEL: Final = Field("BI", "cancel")
TRANSACTION: Final = Field("BK", "transaction id")
VALID_PATRON: Final = Field("BL", "valid patron")
RENEWED_ITEMS: Final = Field("BM", "renewed items")
UNRENEWED_ITEMS: Final = Field("BN", "unrenewed items")
FEE_ACKNOWLEDGED: Final = Field("BO", "fee acknowledged")
START_ITEM: Final = Field("BP", "start item")
END_ITEM: Final = Field("BQ", "end item")
QUEUE_POSITION: Final = Field("BR", "queue position")
PICKUP: Final = Field("BS", "pickup location")
FEE_TYPE: Final = Field("BT", "fee type")
RECALL_ITEMS: Final = Field("BU", "recall items")
FEE_AMOUNT: Final = Field("BV", "fee amount")
HOLD_EXPIRY: Final = Field("BW", "expiration date")
SUPPORTED: Final = Field("BX", "supported messages")
HOLD_TYPE: Final = Field("BY", "hold type")
HOLD_LIMIT: Final = Field("BZ", "hold items limit")
OVERDUE_LIMIT: Final = Field("CA", "overdue items limit")
CHARGED_LIMIT: Final = Field("CB", "charged items limit")
FEE_LIMIT: Final = Field("CC", "fee limit")
UNAVAILABLE_HOLDS: Final = Field("CD", "unavailable hold items")
HOLD_QUEUE: Final = Field("CF", "hold queue length")
FEE_ID: Final = Field("CG", "fee identifier")
PROPERTIES: Final = Field("CH", "item properties")
SECURITY_INHIBIT: Final = Field("CI", "security inhibit")
RECALL_DATE: Final = Field("CJ", "recall date")
MEDIA: Final = Field("CK", "media type")
SORT_BIN: Final = Field("CL", "sort bin")
HOLD_PICKUP_DATE: Final = Field("CM", "hold pickup date")
LOGIN_USER: Final = Field("CN", "login user id")
LOGIN_PASSWORD: Final = Field("CO", "login password")
LOCATION: Final = Field("CP", "location code")
VALID_PATRON_PASSWORD: Final = Field("CQ", "valid patron password")

# Extensions.
COLLECTION: Final = Field("CR", "collection code")
CALL_NUMBER: Final = Field("CS", "call number")
DESTINATION: Final = Field("CT", "destination location")
ALERT_TYPE: Final = Field("CV", "alert type")
HOLD_PATRON: Final = Field("CY", "hold patron id")
HOLD_PATRON_NAME: Final = Field("DA", "hold patron name")
EXPIRY: Final = Field("PA", "patron expiry")
BIRTH: Final = Field("PB", "patron birth date")
PATRON_CLASS: Final = Field("PC", "patron class")
INTERNET: Final = Field("PI", "patron internet profile")
AGREEMENT: Final = Field("XU", "agreement for unstaffed rooms")
"""Our own: the day of it, YYYYMMDD; absent where there is none."""

FIELDS: Final = {
    value.code: value for value in list(globals().values()) if isinstance(value, Field)
}
"""All of them by code."""
