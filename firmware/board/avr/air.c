#include "air.h"

#include <avr/io.h>
#include <util/delay.h>
#include <util/twi.h>

#include "pins.h"

#define WIRE_HZ 100000ul
#define PATIENCE_MS 5 /* one byte takes 0.1 ms */

enum step {
    RESTING,
    STARTED,
    ADDRESSED,
    SENT_HIGH,
    SENT_LOW,
    MEASURING,
    STARTED_AGAIN,
    ADDRESSED_AGAIN,
    READING,
};

static enum step step;
static uint8_t waited_ms;
static uint8_t answer[SHT3X_ANSWER_BYTES];
static uint8_t answered;

static void go_on(enum step next, uint8_t control);
static void send(enum step next, uint8_t byte);
static void stop(enum step next);
static bool follow(uint8_t status, struct climate *climate);
static void take(struct climate *climate);
static void close_wires(void);
static void free_wires(void);

void air_open(void)
{
    TWBR = (uint8_t)((F_CPU / WIRE_HZ - 16) / 2);
    TWSR = 0;
    free_wires();
}

void air_measure(void)
{
    if (step == RESTING) {
        go_on(STARTED, _BV(TWSTA));
    }
}

void air_step(struct climate *climate)
{
    if (step == RESTING) {
        return;
    }
    if (step == MEASURING) {
        if (++waited_ms >= SHT3X_MEASURING_MS) {
            go_on(STARTED_AGAIN, _BV(TWSTA));
        }
        return;
    }
    if (!(TWCR & _BV(TWINT))) {
        if (++waited_ms > PATIENCE_MS) {
            climate_absent(climate);
            close_wires();
        }
        return;
    }
    if (!follow(TW_STATUS, climate)) {
        climate_absent(climate);
        stop(RESTING);
    }
}

/* Returns false for a status that is not what the step waits for. */
static bool follow(uint8_t status, struct climate *climate)
{
    switch (step) {
    case STARTED:
        send(ADDRESSED, SHT3X_ADDRESS << 1 | TW_WRITE);
        return status == TW_START || status == TW_REP_START;
    case ADDRESSED:
        send(SENT_HIGH, SHT3X_COMMAND_HIGH);
        return status == TW_MT_SLA_ACK;
    case SENT_HIGH:
        send(SENT_LOW, SHT3X_COMMAND_LOW);
        return status == TW_MT_DATA_ACK;
    case SENT_LOW:
        stop(MEASURING);
        return status == TW_MT_DATA_ACK;
    case STARTED_AGAIN:
        send(ADDRESSED_AGAIN, SHT3X_ADDRESS << 1 | TW_READ);
        return status == TW_START || status == TW_REP_START;
    case ADDRESSED_AGAIN:
        answered = 0;
        go_on(READING, _BV(TWEA));
        return status == TW_MR_SLA_ACK;
    default:
        take(climate);
        return status == TW_MR_DATA_ACK || status == TW_MR_DATA_NACK;
    }
}

static void take(struct climate *climate)
{
    answer[answered++] = TWDR;
    if (answered < SHT3X_ANSWER_BYTES) {
        /* The last byte is not acknowledged: that ends the sensor's answer. */
        go_on(READING, answered < SHT3X_ANSWER_BYTES - 1 ? _BV(TWEA) : 0);
        return;
    }
    stop(RESTING);
    sht3x_decode(answer, climate);
}

static void go_on(enum step next, uint8_t control)
{
    step = next;
    waited_ms = 0;
    TWCR = (uint8_t)(_BV(TWINT) | _BV(TWEN) | control);
}

static void send(enum step next, uint8_t byte)
{
    TWDR = byte;
    go_on(next, 0);
}

static void stop(enum step next)
{
    go_on(next, _BV(TWSTO));
}

/* Something holds the wires: lets go of them, to begin anew next time. */
static void close_wires(void)
{
    step = RESTING;
    TWCR = 0;
    free_wires();
}

/* A sensor that was read as the board reset may hold the data wire: nine clocks let it finish. */
static void free_wires(void)
{
    WIRES_PORT &= (uint8_t)~_BV(WIRE_CLOCK);
    for (uint8_t clock = 0; clock < 9 && !(WIRES_PIN & _BV(WIRE_DATA)); clock++) {
        WIRES_DIRECTION |= _BV(WIRE_CLOCK);
        _delay_us(5);
        WIRES_DIRECTION &= (uint8_t)~_BV(WIRE_CLOCK);
        _delay_us(5);
    }
    WIRES_PORT |= _BV(WIRE_CLOCK);
}
