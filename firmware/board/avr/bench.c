#include "bench.h"

#ifdef KAIGUAN_BENCH

#include <avr/eeprom.h>
#include <avr/io.h>

#include "../core/crc16.h"
#include "store.h"

#define TOTALS_BYTES 8

void bench_begin(struct beams *beams)
{
    uint8_t bytes[TOTALS_BYTES + 2];
    eeprom_read_block(bytes, (const void *)STORE_BENCH, sizeof bytes);
    const uint16_t check = crc16(bytes, TOTALS_BYTES);
    if (bytes[TOTALS_BYTES] == (uint8_t)(check >> 8) && bytes[TOTALS_BYTES + 1] == (uint8_t)check) {
        beams->entered = eeprom_read_dword((const uint32_t *)STORE_BENCH);
        beams->left = eeprom_read_dword((const uint32_t *)(STORE_BENCH + 4));
    }
}

void bench_do(uint8_t action)
{
    if (action == BENCH_ACTION_HANG) {
        for (;;) {
        }
    }
    if (action == BENCH_ACTION_STOP_CLOCK) {
        TIMSK1 = 0;
    }
}

#endif
