/* What outlives a boot: the EEPROM. */
#ifndef KAIGUAN_STORE_H
#define KAIGUAN_STORE_H

#include <stdint.h>

#include "../core/identity.h"

/* Where things lie. The first bytes stay empty: they are what a failing supply damages first. */
#define STORE_IDENTITY 0x020
#define STORE_IDENTITY_COPY 0x040
#define STORE_BENCH 0x060
#define STORE_BOOTS 0x080 /* to the end */

/* Returns who this board is; identity_unknown when no copy is whole. */
struct identity store_identity(void);

/* Returns the number of this boot, and has written it. Takes up to 20 ms. */
uint32_t store_next_boot(void);

#endif
