#include "store.h"

#include <avr/eeprom.h>
#include <avr/io.h>

#include "../core/boots.h"

_Static_assert(STORE_BOOTS + BOOT_SLOTS * BOOT_SLOT_BYTES == E2END + 1, "the ring fills the EEPROM");

static uint8_t read_boots(uint16_t at);

struct identity store_identity(void)
{
    struct identity identity;
    uint8_t bytes[IDENTITY_BYTES];
    eeprom_read_block(bytes, (const void *)STORE_IDENTITY, sizeof bytes);
    if (identity_decode(bytes, &identity)) {
        return identity;
    }
    eeprom_read_block(bytes, (const void *)STORE_IDENTITY_COPY, sizeof bytes);
    if (!identity_decode(bytes, &identity)) {
        identity_unknown(&identity);
    }
    return identity;
}

uint32_t store_next_boot(void)
{
    const struct boot_place place = boots_next(read_boots);
    uint8_t record[BOOT_RECORD_BYTES];
    boots_record(place.boot, record);
    eeprom_update_block(record, (void *)(STORE_BOOTS + place.slot * BOOT_SLOT_BYTES), sizeof record);
    return place.boot;
}

static uint8_t read_boots(uint16_t at)
{
    return eeprom_read_byte((const uint8_t *)(STORE_BOOTS + at));
}
