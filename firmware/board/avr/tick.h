/* The clock: each millisecond the inputs are sampled, so that time and inputs cannot part. */
#ifndef KAIGUAN_TICK_H
#define KAIGUAN_TICK_H

#include <stdbool.h>
#include <stdint.h>

/* Starts the clock; interrupts have to be switched on after it. */
void tick_open(void);

/* Returns the levels of the inputs now, as a sample has them. */
uint8_t tick_inputs(void);

/* Takes the next millisecond's sample. Returns false when there is none yet. A millisecond whose
 * sample was lost comes with the sample before it. */
bool tick_take(uint8_t *sample);

/* Returns whether a sample waits. */
bool tick_is_waiting(void);

#endif
