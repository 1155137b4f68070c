#include "frame.h"

#include "crc16.h"

static uint8_t content_of(uint8_t *bytes, uint8_t size);

uint8_t frame_encode(const uint8_t *content, uint8_t size, uint8_t *frame)
{
    if (size == 0 || size > FRAME_CONTENT_MAX) {
        return 0;
    }
    const uint16_t check = crc16(content, size);
    const uint8_t packet_size = (uint8_t)(size + 2);
    uint8_t code_at = 0;
    for (uint8_t at = 0; at < packet_size; at++) {
        uint8_t byte;
        if (at < size) {
            byte = content[at];
        } else {
            byte = (uint8_t)(at == size ? check >> 8 : check);
        }
        frame[at + 1] = byte;
        if (byte == 0) {
            frame[code_at] = (uint8_t)(at + 1 - code_at);
            code_at = (uint8_t)(at + 1);
        }
    }
    frame[code_at] = (uint8_t)(packet_size + 1 - code_at);
    frame[packet_size + 1] = 0;
    return (uint8_t)(packet_size + 2);
}

uint8_t frame_read(struct frame_reader *reader, uint8_t byte)
{
    if (byte != 0) {
        if (reader->size == FRAME_ENCODED_MAX) {
            reader->is_overlong = true;
        } else {
            reader->bytes[reader->size++] = byte;
        }
        return 0;
    }
    const uint8_t encoded_size = reader->size;
    const bool was_overlong = reader->is_overlong;
    reader->size = 0;
    reader->is_overlong = false;
    /* Two 0x00 in a row are how a sender ends the noise before its frame: no corrupt frame. */
    if (encoded_size == 0) {
        return 0;
    }
    const uint8_t size = was_overlong ? 0 : content_of(reader->bytes, encoded_size);
    if (size == 0 && reader->corrupt_frames < UINT16_MAX) {
        reader->corrupt_frames++;
    }
    return size;
}

/* Unstuffs in place and checks. Returns the content's size, 0 when it is none. */
static uint8_t content_of(uint8_t *bytes, uint8_t size)
{
    uint8_t packet_size = 0;
    uint8_t at = 0;
    while (at < size) {
        const uint8_t code = bytes[at];
        if (code > size - at) {
            return 0; /* the stuffing points beyond the end */
        }
        for (uint8_t next = 1; next < code; next++) {
            bytes[packet_size++] = bytes[at + next];
        }
        at = (uint8_t)(at + code);
        if (at < size) {
            bytes[packet_size++] = 0;
        }
    }
    if (packet_size <= 2) {
        return 0;
    }
    const uint8_t content_size = (uint8_t)(packet_size - 2);
    const uint16_t check = crc16(bytes, content_size);
    const bool is_right = bytes[content_size] == (uint8_t)(check >> 8) &&
                          bytes[content_size + 1] == (uint8_t)check;
    return is_right ? content_size : 0;
}
