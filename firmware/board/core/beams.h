/* Two light beams, one behind the other -> who entered and who left.
 *
 *        outside   A   B   inside          beams broken   nothing  A    A B   B    nothing
 *                  │   │                   enters         00       10   11    01   00
 *         ──────►  │   │  ──────►          turns back     00       10   11    10   00
 *
 * A crossing is counted as the second beam clears with the first one clear. It counts if the second
 * beam broke within BEAMS_WINDOW_MS of the first. Who looks in, makes way and clears the first beam
 * does not hide who then comes out. Beams that break less than BEAMS_APART_MS from each
 * other have no order: a flash of the sun, or two visitors who pass each other. They count nothing
 * until both are clear. A beam broken for BEAMS_BLOCKED_MS is blocked: the counter is blind.
 * The rule of order and the 1.5 s are those of common pulse counters on two digital inputs. */
#ifndef KAIGUAN_BEAMS_H
#define KAIGUAN_BEAMS_H

#include <stdbool.h>
#include <stdint.h>

#define BEAMS_WINDOW_MS 1500
#define BEAMS_APART_MS 5
#define BEAMS_BLOCKED_MS 10000

#define BEAM_A 0x01 /* the outer one: A before B enters */
#define BEAM_B 0x02 /* the inner one */

enum beams_state {
    BEAMS_IDLE,
    BEAMS_AT_FIRST,  /* somebody is, or was within the window, in the first beam */
    BEAMS_AT_SECOND, /* and has reached the second one */
    BEAMS_UNCLEAR,   /* no order: wait until both are clear */
};

/* All zero is the beginning. Totals wrap to 0 after 4294967295. */
struct beams {
    uint32_t entered;
    uint32_t left;
    uint16_t since_ms;     /* since the first beam broke, or the second if it has */
    uint16_t broken_ms[2]; /* how long each beam has been broken without a pause */
    uint8_t state;         /* enum beams_state */
    uint8_t first;         /* the beam that broke first */
    uint8_t broken;        /* which beams were broken a millisecond ago */
    bool is_blocked;
    bool is_parted;   /* the first beam was clear again before the second broke */
    bool is_reversed; /* and broke again while the second was broken, as by somebody from there */
};

/* Takes which beams are broken (BEAM_A | BEAM_B), debounced, once each millisecond.
 * Returns whether the host is to be told: somebody crossed, or `is_blocked` has changed. */
bool beams_step(struct beams *beams, uint8_t broken);

#endif
