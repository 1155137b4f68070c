#include "uart.h"

#include <avr/interrupt.h>
#include <avr/io.h>

#include "../core/ring.h"

/* At double speed: 16 MHz are 2.1 % too fast, 14.7456 MHz are exact. */
#define DIVIDER ((F_CPU + BAUD_RATE * 4) / (BAUD_RATE * 8) - 1)
#define ACTUAL (F_CPU / (8 * (DIVIDER + 1)))
#if ACTUAL * 1000 > BAUD_RATE * 1025 || ACTUAL * 1000 < BAUD_RATE * 975
#error "this crystal makes no 115200 baud within 2.5 %: take 14.7456, 16 or 18.432 MHz"
#endif

static volatile uint8_t received[128];
static volatile uint8_t waiting[256];
static struct ring from_host = {.bytes = received, .mask = sizeof received - 1};
static struct ring to_host = {.bytes = waiting, .mask = sizeof waiting - 1};

void uart_open(void)
{
    UBRR0 = DIVIDER;
    UCSR0A = _BV(U2X0);
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);
}

bool uart_take(uint8_t *byte)
{
    return ring_take(&from_host, byte);
}

uint8_t uart_room(void)
{
    return ring_room(&to_host);
}

void uart_send(const uint8_t *bytes, uint8_t size)
{
    while (size--) {
        ring_put(&to_host, *bytes++);
    }
    /* The interrupt may clear this bit in between: then it comes once more and clears it again. */
    UCSR0B |= _BV(UDRIE0);
}

ISR(USART_RX_vect)
{
    ring_put(&from_host, UDR0);
}

ISR(USART_UDRE_vect)
{
    uint8_t byte;
    if (ring_take(&to_host, &byte)) {
        UDR0 = byte;
    } else {
        UCSR0B &= (uint8_t)~_BV(UDRIE0);
    }
}
