#include "tick.h"

#include <avr/interrupt.h>
#include <util/atomic.h>

#include "../core/ring.h"
#include "pins.h"

#define CYCLES_A_MILLISECOND (F_CPU / 1000)

static volatile uint8_t sampled[64];
static struct ring samples = {.bytes = sampled, .mask = sizeof sampled - 1};
static volatile uint8_t lost;

static bool take_lost(void);

void tick_open(void)
{
    OCR1A = CYCLES_A_MILLISECOND - 1;
    TIMSK1 = _BV(OCIE1A);
    TCCR1A = 0;
    TCCR1B = _BV(WGM12) | _BV(CS10);
}

uint8_t tick_inputs(void)
{
    return (PIND >> INPUTS_SHIFT) & INPUTS_MASK;
}

bool tick_take(uint8_t *sample)
{
    static uint8_t latest;
    if (ring_take(&samples, &latest) || take_lost()) {
        *sample = latest;
        return true;
    }
    return false;
}

bool tick_is_waiting(void)
{
    return ring_waiting(&samples) != 0 || lost != 0;
}

static bool take_lost(void)
{
    bool was_lost = false;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        if (lost) {
            lost--;
            was_lost = true;
        }
    }
    return was_lost;
}

ISR(TIMER1_COMPA_vect)
{
    if (!ring_put(&samples, tick_inputs()) && lost < UINT8_MAX) {
        lost++;
    }
}
