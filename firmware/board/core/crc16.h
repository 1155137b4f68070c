/* CRC-16/IBM-3740, the check of the board protocol.
 *
 * Polynomial 0x1021, initial value 0xFFFF, not reflected, no final XOR; check value (of "123456789")
 * 0x29B1. Source: the reveng catalogue of CRC algorithms. */
#ifndef KAIGUAN_CRC16_H
#define KAIGUAN_CRC16_H

#include <stdint.h>

#define CRC16_INITIAL 0xFFFFu

/* Returns the check of what was checked before, continued by one byte. */
uint16_t crc16_step(uint16_t crc, uint8_t byte);

/* Returns the check of `size` bytes, 0 to 0xFFFF. */
uint16_t crc16(const uint8_t *bytes, uint8_t size);

#endif
