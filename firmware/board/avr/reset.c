#include "reset.h"

#include <avr/io.h>
#include <avr/wdt.h>

#include "../core/message.h"

static uint8_t flags __attribute__((section(".noinit")));

void reset_watch(void) __attribute__((naked, used, section(".init3")));

/* Before main and before variables are cleared: after a watchdog's reset it still runs, at its
 * shortest time, and would reset again and again. */
void reset_watch(void)
{
    flags = MCUSR;
    MCUSR = 0;
    wdt_enable(WDTO_1S);
}

uint8_t reset_cause(void)
{
    /* A supply that comes up may set the flags of brown-out and pin beside its own. */
    if (flags & _BV(PORF)) {
        return RESET_POWER;
    }
    if (flags & _BV(BORF)) {
        return RESET_BROWN_OUT;
    }
    if (flags & _BV(WDRF)) {
        return RESET_WATCHDOG;
    }
    return (flags & _BV(EXTRF)) ? RESET_PIN : RESET_UNTOLD;
}
