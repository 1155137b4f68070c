"""Every fixed-length part of SIP2, by the name that the guide gives it."""

from typing import Final

from contracts.sip2.part import chosen, count, digit, flags, instant, letter, text_of, unsure

# Of answers.
OK: Final = digit("ok")
RENEWAL_OK: Final = letter("renewal ok")
MAGNETIC: Final = unsure("magnetic media")
DESENSITIZE: Final = unsure("desensitize")
"""Whether the security bit may be cleared; not known counts as no."""
RESENSITIZE: Final = letter("resensitize")
ALERT: Final = letter("alert")
ENDED: Final = letter("end session")
ACCEPTED: Final = letter("payment accepted")
AVAILABLE: Final = letter("available")
PROPERTIES_OK: Final = digit("item properties ok")
PATRON_STATUS: Final = flags("patron status")
RENEWED_COUNT: Final = count("renewed count")
UNRENEWED_COUNT: Final = count("unrenewed count")
HOLD_COUNT: Final = count("hold items count")
OVERDUE_COUNT: Final = count("overdue items count")
CHARGED_COUNT: Final = count("charged items count")
FINE_COUNT: Final = count("fine items count")
RECALL_COUNT: Final = count("recall items count")
UNAVAILABLE_COUNT: Final = count("unavailable holds count")
CIRCULATION: Final = text_of("circulation status", 2, "01")
SECURITY: Final = text_of("security marker", 2, "00")

# Of the system's status.
ONLINE: Final = letter("on-line status")
CHECKIN_OK: Final = letter("checkin ok")
CHECKOUT_OK: Final = letter("checkout ok")
RENEWAL_POLICY: Final = letter("ACS renewal policy")
STATUS_UPDATE_OK: Final = letter("status update ok")
OFFLINE_OK: Final = letter("off-line ok")
TIMEOUT: Final = count("timeout period", 3, 999)
"""Tenths of a second; 0 means off-line, 999 not known."""
RETRIES: Final = count("retries allowed", 3, 999)
SYSTEM_TIME: Final = instant("date / time sync")
PROTOCOL: Final = text_of("protocol version", 4, "2.00")

# Of requests.
TERMINAL_STATUS: Final = text_of("status code", 1, "0")
PRINT_WIDTH: Final = count("max print width", 3, 80)
USER_ALGORITHM: Final = text_of("UID algorithm", 1, "0")
PASSWORD_ALGORITHM: Final = text_of("PWD algorithm", 1, "0")
SELF_RENEWAL: Final = letter("SC renewal policy")
NO_BLOCK: Final = letter("no block")
"""It has happened already, off-line: it has to be recorded whatever stands against it."""
NO_BLOCK_DUE: Final = instant("nb due date")
THIRD_PARTY: Final = letter("third party allowed")
CARD_RETAINED: Final = letter("card retained")
RETURNED_AT: Final = instant("return date")
SUMMARY: Final = chosen("summary")
HOLD_MODE: Final = text_of("hold mode", 1, "+")
PAYMENT: Final = text_of("payment type", 2, "00")
CURRENCY: Final = text_of("currency type", 3, "CNY")

# Of both.
LANGUAGE: Final = text_of("language", 3, "000")
TRANSACTION_DATE: Final = instant("transaction date")
FEE: Final = text_of("fee type", 2, "01")
