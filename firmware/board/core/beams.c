#include "beams.h"

static bool blocked_step(struct beams *beams, uint8_t broken);
static bool order_step(struct beams *beams, uint8_t broken, uint8_t newly);
static void begin(struct beams *beams, uint8_t broken);
static void reach_second(struct beams *beams, uint8_t broken);
static bool has_order(const struct beams *beams);
static bool cross(struct beams *beams, uint8_t from);
static uint16_t one_more(uint16_t milliseconds);

bool beams_step(struct beams *beams, uint8_t broken)
{
    const uint8_t newly = (uint8_t)(broken & ~beams->broken);
    beams->broken = broken;
    beams->since_ms = one_more(beams->since_ms);
    const bool is_news = blocked_step(beams, broken);
    return order_step(beams, broken, newly) || is_news;
}

static bool blocked_step(struct beams *beams, uint8_t broken)
{
    bool is_blocked = false;
    for (uint8_t beam = 0; beam < 2; beam++) {
        const bool is_broken = broken & (BEAM_A << beam);
        beams->broken_ms[beam] = is_broken ? one_more(beams->broken_ms[beam]) : 0;
        is_blocked = is_blocked || beams->broken_ms[beam] >= BEAMS_BLOCKED_MS;
    }
    const bool has_changed = is_blocked != beams->is_blocked;
    beams->is_blocked = is_blocked;
    if (is_blocked) {
        beams->state = BEAMS_UNCLEAR;
    }
    return has_changed;
}

/* Returns whether somebody crossed. */
static bool order_step(struct beams *beams, uint8_t broken, uint8_t newly)
{
    const uint8_t second = beams->first ^ (BEAM_A | BEAM_B);
    if (beams->state == BEAMS_AT_FIRST && beams->since_ms > BEAMS_WINDOW_MS && !beams->is_reversed) {
        /* Who still stands in the first beam may go either way, at any time: not counted. */
        beams->state = (broken & beams->first) ? BEAMS_UNCLEAR : BEAMS_IDLE;
    }
    switch (beams->state) {
    case BEAMS_IDLE:
        begin(beams, broken);
        return false;
    case BEAMS_AT_FIRST:
        if (newly & beams->first) {
            beams->since_ms = 0; /* the other leg, or the next visitor */
        }
        if (newly & second) {
            reach_second(beams, broken);
        } else if (beams->is_reversed && !(broken & beams->first)) {
            return cross(beams, second);
        }
        return false;
    case BEAMS_AT_SECOND:
        if (broken & second) {
            /* An arm that came before its body, or somebody from the other side for whom the first
             * one had made way: which of them shows when the second beam is clear. */
            if (beams->is_parted && (newly & beams->first)) {
                beams->is_parted = false;
                beams->is_reversed = has_order(beams);
            }
            return false;
        }
        if (broken & beams->first) {
            /* Turned back, and may turn again. */
            beams->since_ms = 0;
            beams->state = BEAMS_AT_FIRST;
            return false;
        }
        return cross(beams, beams->first);
    default:
        if (broken == 0) {
            beams->state = BEAMS_IDLE;
        }
        return false;
    }
}

static void begin(struct beams *beams, uint8_t broken)
{
    if (broken == 0) {
        return;
    }
    beams->first = broken;
    beams->since_ms = 0;
    beams->is_reversed = false;
    beams->state = broken == (BEAM_A | BEAM_B) ? BEAMS_UNCLEAR : BEAMS_AT_FIRST;
}

static void reach_second(struct beams *beams, uint8_t broken)
{
    beams->state = has_order(beams) ? BEAMS_AT_SECOND : BEAMS_UNCLEAR;
    beams->is_parted = !(broken & beams->first);
    beams->is_reversed = false;
    beams->since_ms = 0;
}

static bool has_order(const struct beams *beams)
{
    return beams->since_ms >= BEAMS_APART_MS && beams->since_ms <= BEAMS_WINDOW_MS;
}

static bool cross(struct beams *beams, uint8_t from)
{
    if (from == BEAM_A) {
        beams->entered++;
    } else {
        beams->left++;
    }
    beams->state = BEAMS_IDLE;
    return true;
}

static uint16_t one_more(uint16_t milliseconds)
{
    return milliseconds == UINT16_MAX ? milliseconds : (uint16_t)(milliseconds + 1);
}
