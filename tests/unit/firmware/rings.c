/* The ring's functions stand in its header: here they are, for a test to call. */
#include "ring.h"

uint8_t waiting(const struct ring *ring)
{
    return ring_waiting(ring);
}

uint8_t room(const struct ring *ring)
{
    return ring_room(ring);
}

bool put(struct ring *ring, uint8_t byte)
{
    return ring_put(ring, byte);
}

bool take(struct ring *ring, uint8_t *byte)
{
    return ring_take(ring, byte);
}
