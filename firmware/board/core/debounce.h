/* Inputs that bounce -> inputs that do not. */
#ifndef KAIGUAN_DEBOUNCE_H
#define KAIGUAN_DEBOUNCE_H

#include <stdint.h>

#define DEBOUNCE_INPUTS 8

/* Eight inputs, one bit each. */
struct debounce {
    uint8_t stable;
    uint8_t differs_ms[DEBOUNCE_INPUTS];
};

/* Takes the levels that the inputs have at the beginning. */
void debounce_begin(struct debounce *debounce, uint8_t levels);

/* Takes the levels, once each millisecond. An input changes once it has differed for as many
 * milliseconds without a pause as `needed_ms` says of it (1 to 255). Returns the stable levels. */
uint8_t debounce_step(struct debounce *debounce, uint8_t levels, const uint8_t *needed_ms);

#endif
