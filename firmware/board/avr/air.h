/* The climate sensor, an SHT3x on two wires. Never waits: each step takes one look at the wires. */
#ifndef KAIGUAN_AIR_H
#define KAIGUAN_AIR_H

#include "../core/sht3x.h"

/* Opens the wires. */
void air_open(void);

/* Begins a measurement, which is done some 40 calls of air_step later; nothing while one goes on. */
void air_measure(void);

/* Goes on with a measurement, once each millisecond. Writes what was measured when it is done, and
 * that nothing was when the sensor does not answer, answers wrongly or holds the wires. */
void air_step(struct climate *climate);

#endif
