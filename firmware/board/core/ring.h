/* A ring of bytes between one writer and one reader, one of which may be an interrupt.
 *
 * Each index is one byte and has one writer, so that no access needs interrupts to be off: on an AVR a
 * byte is read and written at once. A ring of n bytes holds n - 1; n is a power of two, at most 256. */
#ifndef KAIGUAN_RING_H
#define KAIGUAN_RING_H

#include <stdbool.h>
#include <stdint.h>

struct ring {
    volatile uint8_t *bytes; /* volatile too: a byte is in its place before the index says so */
    uint8_t mask;            /* n - 1 */
    volatile uint8_t head;   /* where the writer writes next */
    volatile uint8_t tail;   /* where the reader reads next */
};

/* Returns how many bytes wait for the reader. */
static inline uint8_t ring_waiting(const struct ring *ring)
{
    return (uint8_t)(ring->head - ring->tail) & ring->mask;
}

/* Returns how many bytes the writer may put. */
static inline uint8_t ring_room(const struct ring *ring)
{
    return (uint8_t)(ring->mask - ring_waiting(ring));
}

/* Writer: puts a byte. Returns false and drops it when the ring is full. */
static inline bool ring_put(struct ring *ring, uint8_t byte)
{
    if (ring_room(ring) == 0) {
        return false;
    }
    const uint8_t head = ring->head;
    ring->bytes[head] = byte;
    ring->head = (uint8_t)(head + 1) & ring->mask;
    return true;
}

/* Reader: takes a byte. Returns false when there is none. */
static inline bool ring_take(struct ring *ring, uint8_t *byte)
{
    if (ring_waiting(ring) == 0) {
        return false;
    }
    const uint8_t tail = ring->tail;
    *byte = ring->bytes[tail];
    ring->tail = (uint8_t)(tail + 1) & ring->mask;
    return true;
}

#endif
