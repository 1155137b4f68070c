/* Who a board is, as it lies in EEPROM.
 *
 *       ┌──────────────┬───────────┬────────────────┐
 *       │ board_id (8) │ wired (1) │ CRC16 (2, high) │   twice: a damaged copy does not make
 *       └──────────────┴───────────┴────────────────┘   another board of this one
 *
 * Written once by `tools/board_identity.py`, never by the firmware. */
#ifndef KAIGUAN_IDENTITY_H
#define KAIGUAN_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#define BOARD_ID_BYTES 8
#define IDENTITY_BYTES (BOARD_ID_BYTES + 3)

struct identity {
    uint8_t board_id[BOARD_ID_BYTES];
    uint8_t wired; /* CONTACT_LOCK | CONTACT_DOOR | CONTACT_TAMPER */
};

/* Reads one copy. Returns false and changes nothing when its check is wrong. */
bool identity_decode(const uint8_t *bytes, struct identity *identity);

/* Says who a board is that nobody gave an identity: id 4b47000000000000, everything wired. */
void identity_unknown(struct identity *identity);

#endif
