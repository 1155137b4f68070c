/* What is wired to which pin of the ATmega328P, and what an input says. The table for people:
 * docs/firmware.md. */
#ifndef KAIGUAN_PINS_H
#define KAIGUAN_PINS_H

#include <avr/io.h>

/* Inputs are five pins of port D side by side, with pull-ups. High is an open input: a receiver that
 * sees no light, a contact that is open, a wire that is cut. */
#define INPUTS_SHIFT PD2
#define INPUTS_MASK 0x1F
#define BEAM_INPUTS 0x03     /* PD2 beam A, PD3 beam B: as BEAM_A, BEAM_B */
#define CONTACT_INPUTS_SHIFT 2 /* PD4 lock, PD5 door, PD6 tamper: as CONTACT_LOCK and so on */

/* The lamp of an Arduino Uno or Nano: on while a beam is broken, to aim the beams by. */
#define LAMP_PORT PORTB
#define LAMP_DIRECTION DDRB
#define LAMP PB5

/* The two wires of the climate sensor. */
#define WIRES_PORT PORTC
#define WIRES_DIRECTION DDRC
#define WIRES_PIN PINC
#define WIRE_DATA PC4
#define WIRE_CLOCK PC5

#endif
