/* The number of a boot, kept in a ring of slots so that no cell of the EEPROM wears out.
 *
 *       slot:  │ boot u32 │ CRC16 (2, high) │
 *
 * A boot takes the number after the highest that it finds and writes it to the slot after that. A
 * cell takes 100 000 writes by its datasheet: BOOT_SLOTS slots hold for eleven million boots. A slot
 * that was being written as the power went has a wrong check: its boot had told nobody its number. */
#ifndef KAIGUAN_BOOTS_H
#define KAIGUAN_BOOTS_H

#include <stdbool.h>
#include <stdint.h>

#define BOOT_SLOTS 112
#define BOOT_SLOT_BYTES 8 /* of which BOOT_RECORD_BYTES are used */
#define BOOT_RECORD_BYTES 6

/* Where the next boot's number goes. */
struct boot_place {
    uint32_t boot; /* the number of this boot; the first of all is 1 */
    uint8_t slot;
};

/* Finds this boot's number. `read` returns a byte of the ring, 0 to BOOT_SLOTS * BOOT_SLOT_BYTES - 1. */
struct boot_place boots_next(uint8_t (*read)(uint16_t at));

/* Writes the record of a boot. */
void boots_record(uint32_t boot, uint8_t *record);

#endif
