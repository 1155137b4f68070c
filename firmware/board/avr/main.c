/* The sensor board: two beams, a lock, a door, the box and the air; told over the serial line. */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

#include "../core/debounce.h"
#include "../core/frame.h"
#include "../core/message.h"
#include "air.h"
#include "bench.h"
#include "pins.h"
#include "reset.h"
#include "store.h"
#include "tick.h"
#include "uart.h"

#define HEARTBEAT_MS 2000
#define REPEAT_MS 5000
#define AIR_BEFORE_MS 100 /* measured shortly before it is told */

/* Eight milliseconds of a beam are 16 mm of a visitor who runs; a contact bounces for longer. */
static const uint8_t needed_ms[DEBOUNCE_INPUTS] = {8, 8, 30, 30, 30, 1, 1, 1};

/* What is to be told, told in this order as soon as the line has room. Totals and states, never
 * increments: what becomes due twice before it is told is told once. */
enum due {
    DUE_ACK = 0x01,
    DUE_HELLO = 0x02,
    DUE_COUNTER = 0x04,
    DUE_CONTACT = 0x08,
    DUE_CLIMATE = 0x10,
    DUE_HEARTBEAT = 0x20,
    DUE_STATES = DUE_COUNTER | DUE_CONTACT | DUE_CLIMATE,
    DUE_ALL = DUE_HELLO | DUE_STATES | DUE_HEARTBEAT,
};

static struct identity identity;
static uint32_t boot;
static uint32_t uptime_seconds;
static uint16_t second_ms, heartbeat_ms, repeat_ms;
static struct debounce inputs;
static struct beams beams;
static struct contact contact;
static struct climate climate;
static struct frame_reader from_host;
static struct request request;
static uint8_t due;
static uint8_t seq;

static void open_board(void);
static void listen(void);
static bool pass_milliseconds(void);
static void pass_one(uint8_t sample);
static void tell(void);
static uint8_t say(uint8_t what, uint8_t *content);
static void rest(void);

int main(void)
{
    open_board();
    for (;;) {
        /* Not fed by the host's bytes, which wake the loop too: a clock that stands counts nobody. */
        if (pass_milliseconds()) {
            wdt_reset();
        }
        listen();
        tell();
        rest();
    }
}

static void open_board(void)
{
    /* Pull-ups everywhere: an input that hangs in the air draws current and says anything. */
    PORTB = (uint8_t)~_BV(LAMP);
    PORTC = 0xFF;
    PORTD = 0xFF;
    LAMP_DIRECTION |= _BV(LAMP);

    identity = store_identity();
    boot = store_next_boot();
    bench_begin(&beams);

    /* By now the pull-ups have had milliseconds to charge the wires. */
    const uint8_t levels = tick_inputs();
    debounce_begin(&inputs, levels);
    contact_begin(&contact, levels >> CONTACT_INPUTS_SHIFT, identity.wired);
    climate_absent(&climate);
    air_open();
    air_measure();

    uart_open();
    tick_open();
    set_sleep_mode(SLEEP_MODE_IDLE);
    sei();

    /* Ends whatever noise the host holds from the time before this boot. */
    const uint8_t delimiter = 0;
    uart_send(&delimiter, 1);
    due = DUE_ALL;
}

/* Returns whether time has passed. */
static bool pass_milliseconds(void)
{
    uint8_t sample;
    bool has_passed = false;
    while (tick_take(&sample)) {
        pass_one(sample);
        has_passed = true;
    }
    return has_passed;
}

static void pass_one(uint8_t sample)
{
    const uint8_t levels = debounce_step(&inputs, sample, needed_ms);
    if (beams_step(&beams, levels & BEAM_INPUTS)) {
        due |= DUE_COUNTER;
    }
    if (contact_step(&contact, levels >> CONTACT_INPUTS_SHIFT, identity.wired)) {
        due |= DUE_CONTACT;
    }
    if (levels & BEAM_INPUTS) {
        LAMP_PORT |= _BV(LAMP);
    } else {
        LAMP_PORT &= (uint8_t)~_BV(LAMP);
    }
    air_step(&climate);

    if (++second_ms == 1000) {
        second_ms = 0;
        uptime_seconds++;
    }
    if (++heartbeat_ms == HEARTBEAT_MS) {
        heartbeat_ms = 0;
        due |= DUE_HEARTBEAT;
    }
    if (++repeat_ms == REPEAT_MS - AIR_BEFORE_MS) {
        air_measure();
    }
    if (repeat_ms == REPEAT_MS) {
        repeat_ms = 0;
        due |= DUE_STATES;
    }
}

/* Reads the host's frames up to one that wants an answer; the next waits until that is given. */
static void listen(void)
{
    uint8_t byte;
    while (!(due & DUE_ACK) && uart_take(&byte)) {
        const uint8_t size = frame_read(&from_host, byte);
        if (size == 0 || !request_read(from_host.bytes, size, &request)) {
            continue;
        }
        bench_do(request.action);
        due |= DUE_ACK;
        if (request.wants_all) {
            due |= DUE_ALL;
        }
    }
}

static void tell(void)
{
    for (uint8_t what = DUE_ACK; what <= DUE_HEARTBEAT; what = (uint8_t)(what << 1)) {
        if (!(due & what)) {
            continue;
        }
        if (uart_room() < MESSAGE_CONTENT_MAX + FRAME_OVERHEAD) {
            return;
        }
        uint8_t content[MESSAGE_CONTENT_MAX];
        uint8_t frame[MESSAGE_CONTENT_MAX + FRAME_OVERHEAD];
        uart_send(frame, frame_encode(content, say(what, content), frame));
        seq++;
        due &= (uint8_t)~what;
    }
}

static uint8_t say(uint8_t what, uint8_t *content)
{
    switch (what) {
    case DUE_ACK:
        return message_ack(content, seq, &request);
    case DUE_HELLO:
        return message_hello(content, seq, identity.board_id, boot, reset_cause());
    case DUE_COUNTER:
        return message_counter(content, seq, boot, &beams);
    case DUE_CONTACT:
        return message_contact(content, seq, &contact);
    case DUE_CLIMATE:
        return message_climate(content, seq, &climate);
    default:
        return message_heartbeat(content, seq, boot, uptime_seconds);
    }
}

/* Sleeps until the next interrupt, a millisecond at most. */
static void rest(void)
{
    cli();
    if (!tick_is_waiting()) {
        sleep_enable();
        sei(); /* takes effect after the next instruction: nothing wakes us before we sleep */
        sleep_cpu();
        sleep_disable();
    }
    sei();
}
