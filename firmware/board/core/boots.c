#include "boots.h"

#include "crc16.h"

struct boot_place boots_next(uint8_t (*read)(uint16_t at))
{
    struct boot_place latest = {.boot = 0, .slot = BOOT_SLOTS - 1};
    for (uint8_t slot = 0; slot < BOOT_SLOTS; slot++) {
        uint8_t found[BOOT_RECORD_BYTES];
        for (uint8_t at = 0; at < BOOT_RECORD_BYTES; at++) {
            found[at] = read((uint16_t)(slot * BOOT_SLOT_BYTES + at));
        }
        const uint16_t check = crc16(found, 4);
        const uint32_t boot = (uint32_t)found[0] | (uint32_t)found[1] << 8 |
                              (uint32_t)found[2] << 16 | (uint32_t)found[3] << 24;
        const bool is_whole = found[4] == (uint8_t)(check >> 8) && found[5] == (uint8_t)check;
        if (is_whole && boot > latest.boot) {
            latest.boot = boot;
            latest.slot = slot;
        }
    }
    latest.boot++;
    latest.slot = (uint8_t)(latest.slot + 1 == BOOT_SLOTS ? 0 : latest.slot + 1);
    return latest;
}

void boots_record(uint32_t boot, uint8_t *record)
{
    for (uint8_t at = 0; at < 4; at++) {
        record[at] = (uint8_t)(boot >> (8 * at));
    }
    const uint16_t check = crc16(record, 4);
    record[4] = (uint8_t)(check >> 8);
    record[5] = (uint8_t)check;
}
