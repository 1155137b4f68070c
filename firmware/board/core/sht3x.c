#include "sht3x.h"

static uint8_t crc8(const uint8_t *bytes, uint8_t size);
static uint32_t scaled(const uint8_t *raw, uint32_t span);

bool sht3x_decode(const uint8_t *answer, struct climate *climate)
{
    if (crc8(answer, 2) != answer[2] || crc8(answer + 3, 2) != answer[5]) {
        climate_absent(climate);
        return false;
    }
    climate->temperature_centi_celsius = (int16_t)((int32_t)scaled(answer, 17500) - 4500);
    climate->humidity_centi_percent = (uint16_t)scaled(answer + 3, 10000);
    return true;
}

void climate_absent(struct climate *climate)
{
    climate->temperature_centi_celsius = CLIMATE_NO_TEMPERATURE;
    climate->humidity_centi_percent = CLIMATE_NO_HUMIDITY;
}

/* Polynomial 0x31, initial value 0xFF. */
static uint8_t crc8(const uint8_t *bytes, uint8_t size)
{
    uint8_t crc = 0xFF;
    while (size--) {
        crc ^= *bytes++;
        for (uint8_t bit = 0; bit < 8; bit++) {
            crc = (uint8_t)((crc & 0x80) ? (crc << 1) ^ 0x31 : crc << 1);
        }
    }
    return crc;
}

/* Returns the share of a raw value in 65535, times `span`, rounded. */
static uint32_t scaled(const uint8_t *raw, uint32_t span)
{
    const uint16_t value = (uint16_t)((uint16_t)(raw[0] << 8) | raw[1]);
    return (value * span + 32767u) / 65535u;
}
