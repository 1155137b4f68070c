#include "identity.h"

#include "contact.h"
#include "crc16.h"

bool identity_decode(const uint8_t *bytes, struct identity *identity)
{
    const uint16_t check = crc16(bytes, BOARD_ID_BYTES + 1);
    if (bytes[BOARD_ID_BYTES + 1] != (uint8_t)(check >> 8) ||
        bytes[BOARD_ID_BYTES + 2] != (uint8_t)check) {
        return false;
    }
    for (uint8_t at = 0; at < BOARD_ID_BYTES; at++) {
        identity->board_id[at] = bytes[at];
    }
    identity->wired = bytes[BOARD_ID_BYTES];
    return true;
}

void identity_unknown(struct identity *identity)
{
    identity->board_id[0] = 'K';
    identity->board_id[1] = 'G';
    for (uint8_t at = 2; at < BOARD_ID_BYTES; at++) {
        identity->board_id[at] = 0;
    }
    identity->wired = CONTACT_LOCK | CONTACT_DOOR | CONTACT_TAMPER;
}
