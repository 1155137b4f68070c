/* The serial line: bytes in and out by interrupts, through rings. */
#ifndef KAIGUAN_UART_H
#define KAIGUAN_UART_H

#include <stdbool.h>
#include <stdint.h>

#define BAUD_RATE 115200ul

/* Opens the line; interrupts have to be switched on after it. */
void uart_open(void);

/* Takes a received byte. Returns false when there is none. What the ring had no room for is lost, and
 * the check of its frame finds that. */
bool uart_take(uint8_t *byte);

/* Returns how many bytes may be sent at once. */
uint8_t uart_room(void);

/* Sends bytes, for which there has to be room; returns before they are on the line. */
void uart_send(const uint8_t *bytes, uint8_t size);

#endif
