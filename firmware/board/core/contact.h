/* The contacts of a lock, its door and the box -> their state, and how often it changed. */
#ifndef KAIGUAN_CONTACT_H
#define KAIGUAN_CONTACT_H

#include <stdbool.h>
#include <stdint.h>

/* Inputs, and in `wired` what is connected at all. An open input, a cut wire too, is a bolt that is
 * drawn, a door that is open, a box that is open: what is cut never says "locked". */
#define CONTACT_LOCK 0x01
#define CONTACT_DOOR 0x02
#define CONTACT_TAMPER 0x04

enum contact_lock { LOCK_UNKNOWN = 0, LOCK_LOCKED = 1, LOCK_UNLOCKED = 2 };
enum contact_door { DOOR_UNKNOWN = 0, DOOR_CLOSED = 1, DOOR_OPEN = 2 };

struct contact {
    uint8_t lock; /* enum contact_lock */
    uint8_t door; /* enum contact_door */
    bool is_tampered;
    uint32_t changes; /* of lock, door or tamper since this boot */
};

/* Takes the state at the beginning, which is no change. `open` holds the inputs that are open. */
void contact_begin(struct contact *contact, uint8_t open, uint8_t wired);

/* Takes the inputs. Returns whether the host is to be told of a change. */
bool contact_step(struct contact *contact, uint8_t open, uint8_t wired);

#endif
