#include "message.h"

#include "version.h"

enum message_type {
    HELLO = 0x01,
    COUNTER = 0x02,
    CONTACT = 0x03,
    CLIMATE = 0x04,
    HEARTBEAT = 0x05,
    ACK = 0x06,
    SEND_ALL = 0x81,
    COMMAND = 0x82,
};

#define FIRST_HOST_TYPE 0x80
#define COMMAND_BYTES 6 /* type, seq, channel, action, argument (2) */
#define CO2_ABSENT 0xFFFFu

static uint8_t *put_head(uint8_t *at, uint8_t type, uint8_t seq);
static uint8_t *put_u16(uint8_t *at, uint16_t value);
static uint8_t *put_u32(uint8_t *at, uint32_t value);

uint8_t message_hello(uint8_t *content, uint8_t seq, const uint8_t *board_id, uint32_t boot,
                      uint8_t reset_cause)
{
    uint8_t *at = put_head(content, HELLO, seq);
    *at++ = PROTOCOL_VERSION;
    for (uint8_t byte = 0; byte < BOARD_ID_BYTES; byte++) {
        *at++ = board_id[byte];
    }
    at = put_u32(at, boot);
    *at++ = FIRMWARE_MAJOR;
    *at++ = FIRMWARE_MINOR;
    *at++ = FIRMWARE_PATCH;
    *at++ = CHANNELS;
    *at++ = CHANNEL_BEAM;
    *at++ = CHANNEL_CONTACT;
    *at++ = CHANNEL_CLIMATE;
    *at++ = reset_cause;
    return (uint8_t)(at - content);
}

uint8_t message_counter(uint8_t *content, uint8_t seq, uint32_t boot, const struct beams *beams)
{
    uint8_t *at = put_head(content, COUNTER, seq);
    *at++ = BEAM_CHANNEL;
    at = put_u32(at, boot);
    at = put_u32(at, beams->entered);
    at = put_u32(at, beams->left);
    *at++ = beams->is_blocked;
    return (uint8_t)(at - content);
}

uint8_t message_contact(uint8_t *content, uint8_t seq, const struct contact *contact)
{
    uint8_t *at = put_head(content, CONTACT, seq);
    *at++ = CONTACT_CHANNEL;
    *at++ = contact->lock;
    *at++ = contact->door;
    *at++ = contact->is_tampered;
    at = put_u32(at, contact->changes);
    return (uint8_t)(at - content);
}

uint8_t message_climate(uint8_t *content, uint8_t seq, const struct climate *climate)
{
    uint8_t *at = put_head(content, CLIMATE, seq);
    *at++ = CLIMATE_CHANNEL;
    at = put_u16(at, (uint16_t)climate->temperature_centi_celsius);
    at = put_u16(at, climate->humidity_centi_percent);
    at = put_u16(at, CO2_ABSENT);
    return (uint8_t)(at - content);
}

uint8_t message_heartbeat(uint8_t *content, uint8_t seq, uint32_t boot, uint32_t uptime_seconds)
{
    uint8_t *at = put_head(content, HEARTBEAT, seq);
    at = put_u32(at, boot);
    at = put_u32(at, uptime_seconds);
    return (uint8_t)(at - content);
}

bool request_read(const uint8_t *content, uint8_t size, struct request *request)
{
    if (content[0] < FIRST_HOST_TYPE) {
        return false;
    }
    request->type = content[0];
    request->seq = size > 1 ? content[1] : 0;
    request->wants_all = false;
    request->action = 0;
    request->result = ACK_UNKNOWN_COMMAND;
    if (size < 2) {
        request->result = ACK_BAD_ARGUMENT;
    } else if (request->type == SEND_ALL) {
        request->result = ACK_DONE;
        request->wants_all = true;
    } else if (request->type == COMMAND) {
        if (size < COMMAND_BYTES || content[2] >= CHANNELS) {
            request->result = ACK_BAD_ARGUMENT;
        } else {
            request->action = content[3];
        }
    }
    return true;
}

uint8_t message_ack(uint8_t *content, uint8_t seq, const struct request *request)
{
    uint8_t *at = put_head(content, ACK, seq);
    *at++ = request->seq;
    *at++ = request->type;
    *at++ = request->result;
    return (uint8_t)(at - content);
}

static uint8_t *put_head(uint8_t *at, uint8_t type, uint8_t seq)
{
    *at++ = type;
    *at++ = seq;
    return at;
}

static uint8_t *put_u16(uint8_t *at, uint16_t value)
{
    *at++ = (uint8_t)value;
    *at++ = (uint8_t)(value >> 8);
    return at;
}

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    return put_u16(put_u16(at, (uint16_t)value), (uint16_t)(value >> 16));
}
