#include "contact.h"

void contact_begin(struct contact *contact, uint8_t open, uint8_t wired)
{
    contact_step(contact, open, wired);
    contact->changes = 0;
}

bool contact_step(struct contact *contact, uint8_t open, uint8_t wired)
{
    const struct contact before = *contact;
    contact->lock = LOCK_UNKNOWN;
    contact->door = DOOR_UNKNOWN;
    if (wired & CONTACT_LOCK) {
        contact->lock = (open & CONTACT_LOCK) ? LOCK_UNLOCKED : LOCK_LOCKED;
    }
    if (wired & CONTACT_DOOR) {
        contact->door = (open & CONTACT_DOOR) ? DOOR_OPEN : DOOR_CLOSED;
    }
    contact->is_tampered = wired & open & CONTACT_TAMPER;
    const bool has_changed = contact->lock != before.lock || contact->door != before.door ||
                             contact->is_tampered != before.is_tampered;
    if (has_changed) {
        contact->changes++;
    }
    return has_changed;
}
