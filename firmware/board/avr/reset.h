/* Why the board booted, and the watchdog that makes it boot when its program hangs. */
#ifndef KAIGUAN_RESET_H
#define KAIGUAN_RESET_H

#include <stdint.h>

/* Returns the cause of this boot, enum reset_cause. */
uint8_t reset_cause(void);

#endif
