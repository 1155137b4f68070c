/* The messages of the board protocol, version 1: what the board says, and what it makes of what the
 * host says. Layouts: docs/board-protocol.md. */
#ifndef KAIGUAN_MESSAGE_H
#define KAIGUAN_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "beams.h"
#include "contact.h"
#include "identity.h"
#include "sht3x.h"

#define PROTOCOL_VERSION 1
#define MESSAGE_CONTENT_MAX 40 /* no message of this board is longer */

enum channel_kind { CHANNEL_BEAM = 1, CHANNEL_CONTACT = 2, CHANNEL_CLIMATE = 3 };

/* The channels of this board, by their numbers. */
enum channel { BEAM_CHANNEL, CONTACT_CHANNEL, CLIMATE_CHANNEL, CHANNELS };

enum reset_cause {
    RESET_UNTOLD = 0, /* a boot loader has taken the flags */
    RESET_POWER = 1,
    RESET_BROWN_OUT = 2,
    RESET_PIN = 3,
    RESET_WATCHDOG = 4,
};

enum ack_result { ACK_DONE = 0, ACK_UNKNOWN_COMMAND = 1, ACK_BAD_ARGUMENT = 2, ACK_BUSY = 3 };

/* Each writes type, seq and payload to `content` (MESSAGE_CONTENT_MAX bytes) and returns their size. */
uint8_t message_hello(uint8_t *content, uint8_t seq, const uint8_t *board_id, uint32_t boot,
                      uint8_t reset_cause);
uint8_t message_counter(uint8_t *content, uint8_t seq, uint32_t boot, const struct beams *beams);
uint8_t message_contact(uint8_t *content, uint8_t seq, const struct contact *contact);
uint8_t message_climate(uint8_t *content, uint8_t seq, const struct climate *climate);
uint8_t message_heartbeat(uint8_t *content, uint8_t seq, uint32_t boot, uint32_t uptime_seconds);

/* What a frame of the host asks for, and the answer to it. */
struct request {
    uint8_t seq;
    uint8_t type;
    uint8_t result; /* enum ack_result */
    bool wants_all;
    uint8_t action; /* of a command for one of our channels, else 0 */
};

/* Reads a content. Returns false for what is no request: a type of the board's own, as a line with an
 * echo sends them back; answering would go on for ever. */
bool request_read(const uint8_t *content, uint8_t size, struct request *request);

uint8_t message_ack(uint8_t *content, uint8_t seq, const struct request *request);

#endif
