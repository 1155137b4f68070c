/* What a Sensirion SHT3x answers -> temperature and humidity. Source: its datasheet, sections 4.12
 * and 4.13. */
#ifndef KAIGUAN_SHT3X_H
#define KAIGUAN_SHT3X_H

#include <stdbool.h>
#include <stdint.h>

#define SHT3X_ADDRESS 0x44
#define SHT3X_COMMAND_HIGH 0x24 /* one measurement of high repeatability, no clock stretching */
#define SHT3X_COMMAND_LOW 0x00
#define SHT3X_MEASURING_MS 20 /* at most 15.5 ms */
#define SHT3X_ANSWER_BYTES 6

#define CLIMATE_NO_TEMPERATURE INT16_MIN
#define CLIMATE_NO_HUMIDITY 0xFFFFu

/* 0.01 degC and 0.01 % relative. */
struct climate {
    int16_t temperature_centi_celsius;
    uint16_t humidity_centi_percent;
};

/* Reads an answer: temperature, its check, humidity, its check. Returns false, and says that nothing
 * was measured, when a check is wrong. */
bool sht3x_decode(const uint8_t *answer, struct climate *climate);

/* Says that nothing was measured. */
void climate_absent(struct climate *climate);

#endif
