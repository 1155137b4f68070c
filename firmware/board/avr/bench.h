/* What only the build for tests can do (make BENCH=1). A board in a venue never has it. */
#ifndef KAIGUAN_BENCH_H
#define KAIGUAN_BENCH_H

#include <stdint.h>

#include "../core/beams.h"

#define BENCH_ACTION_HANG 0xFF
#define BENCH_ACTION_STOP_CLOCK 0xFE

#ifdef KAIGUAN_BENCH
/* Lets the totals begin where the EEPROM says, to see them wrap: entered u32, left u32, CRC16. */
void bench_begin(struct beams *beams);

/* Does what a command asks for: hang, or let the clock stand. */
void bench_do(uint8_t action);
#else
static inline void bench_begin(struct beams *beams)
{
    (void)beams;
}

static inline void bench_do(uint8_t action)
{
    (void)action;
}
#endif

#endif
