/* Frames of the board protocol: content and its CRC, stuffed by COBS, ended by 0x00.
 *
 *       ┌──────────── COBS ─────────────┐
 *       │ content (1..250) │ CRC16 (2)  │ 00
 *       └───────────────────────────────┘
 *
 * Content and CRC fit in one COBS block, so that a frame is always 4 bytes longer than its content.
 * Source: Cheshire and Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM ToN 7(2), 1999. */
#ifndef KAIGUAN_FRAME_H
#define KAIGUAN_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#define FRAME_CONTENT_MAX 250
#define FRAME_OVERHEAD 4
#define FRAME_ENCODED_MAX (FRAME_CONTENT_MAX + 3)

/* Writes the frame of a content, its ending 0x00 included, and returns its size: `size` + 4.
 * Returns 0 and writes nothing for an empty content or one over FRAME_CONTENT_MAX bytes. */
uint8_t frame_encode(const uint8_t *content, uint8_t size, uint8_t *frame);

/* Cuts a stream of bytes into contents; all zero is its beginning. `corrupt_frames` counts the runs
 * between two 0x00 that were no frame, and stays at 65535. */
struct frame_reader {
    uint8_t bytes[FRAME_ENCODED_MAX];
    uint8_t size;
    bool is_overlong;
    uint16_t corrupt_frames;
};

/* Takes one byte. Returns the size of the content that it completes, which then stands in `bytes`
 * until the next byte is taken; else 0. */
uint8_t frame_read(struct frame_reader *reader, uint8_t byte);

#endif
