#include "debounce.h"

void debounce_begin(struct debounce *debounce, uint8_t levels)
{
    debounce->stable = levels;
    for (uint8_t input = 0; input < DEBOUNCE_INPUTS; input++) {
        debounce->differs_ms[input] = 0;
    }
}

uint8_t debounce_step(struct debounce *debounce, uint8_t levels, const uint8_t *needed_ms)
{
    uint8_t bit = 1;
    for (uint8_t input = 0; input < DEBOUNCE_INPUTS; input++) {
        if (!((levels ^ debounce->stable) & bit)) {
            debounce->differs_ms[input] = 0;
        } else if (++debounce->differs_ms[input] >= needed_ms[input]) {
            debounce->stable ^= bit;
            debounce->differs_ms[input] = 0;
        }
        bit = (uint8_t)(bit << 1);
    }
    return debounce->stable;
}
