#include "crc16.h"

uint16_t crc16_step(uint16_t crc, uint8_t byte)
{
    crc ^= (uint16_t)((uint16_t)byte << 8);
    for (uint8_t bit = 0; bit < 8; bit++) {
        crc = (uint16_t)(crc << 1) ^ ((crc & 0x8000u) ? 0x1021u : 0u);
    }
    return crc;
}

uint16_t crc16(const uint8_t *bytes, uint8_t size)
{
    uint16_t crc = CRC16_INITIAL;
    while (size--) {
        crc = crc16_step(crc, *bytes++);
    }
    return crc;
}
