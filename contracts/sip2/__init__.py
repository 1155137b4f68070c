"""SIP2, the protocol between self-service terminals and a library system. Pure; no socket here.

    part.py      what stands at a fixed place, and how its text becomes a value
    parts.py     every fixed-length part: OK, RENEWAL_OK, TRANSACTION_DATE, …
    fields.py    every variable field: PATRON (AA), ITEM (AB), …
    codes.py     the closed lists: circulation status, patron flags, media, alerts
    forms.py     which parts and fields each message has, and which message answers it
    message.py   one message: `message[OK]`, `message.get(PATRON)`, `compose(…)`
    dates.py     18 characters, and due dates as free text
    line.py      a message as the bytes of a line and back, with sequence number and checksum
    splitter.py  bytes as they come, into lines
    profiles.py  what differs between library systems

Source: 3M Standard Interchange Protocol 2.00, Interface Developer's Guide 2.21, and the extensions
that are in wide use. Terminal: who asks. Library system: who answers.
"""
