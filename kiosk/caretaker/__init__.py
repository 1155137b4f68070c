"""The hands of an unstaffed room: relays, contacts, cards, loudspeaker, the hub; see kiosk.room."""
