/* A board on a bench that is not there: the firmware under simavr, its serial line as a pty.
 *
 *     simulated_avr FIRMWARE.elf EEPROM.bin
 *
 * EEPROM.bin is what the board's EEPROM holds; it is written back at the end. Standard output says
 * `port PATH` first, then `reset` for each reset that nobody asked for, and what `say` asks for.
 * Standard input takes one command a line, in order; what follows a `wait` is done so much later by the
 * board's own clock, which then runs as fast as it can. With nothing to do it keeps real time.
 *
 *     set INPUT LEVEL      a, b, lock, door, tamper; 1: the beam is broken, the contact is open
 *     wait MILLISECONDS
 *     climate T H          an SHT3x is there, raw values; `climate off`: there is none;
 *                          `climate wrong`: its check is wrong; `climate deaf`: it stops in mid-answer
 *     power, reset         the supply goes and comes back; the reset pin
 *     spoil COUNT          the next bytes to the host arrive wrong
 *     inject HEX           the host's end says these bytes
 *     say WORD             prints WORD and the milliseconds since the start
 *     untouched            prints how many bytes no stack has reached since the supply came */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <simavr/avr_eeprom.h>
#include <simavr/avr_extint.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_twi.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>

#define FREQUENCY 16000000u
#define CYCLES_A_MILLISECOND (FREQUENCY / 1000)
#define EEPROM_BYTES 1024
#define PATIENCE_MS 200 /* a UART waits for nobody: what no one reads by then is lost */
#define SPOILT 0x5A
#define MCUSR_ADDRESS 0x54
#define TWSR_ADDRESS 0xB9

static avr_t *avr;
static int line; /* our end of the pty */
static long now_ms;
static avr_cycle_count_t end_of_millisecond;
static uint8_t to_host[65536];
static size_t to_host_size;
static uint8_t from_host[4096];
static size_t from_host_size, from_host_at;
static long to_spoil;
static bool is_told_to_wait, is_stalled, was_reset;
static uint8_t levels; /* of PD2 to PD6 */

/* The climate sensor. */
static enum { ABSENT, PRESENT, WRONG, DEAF } air;
static unsigned raw_temperature, raw_humidity;
static bool is_addressed, is_write_address;
static int answered;

static void fail(const char *what)
{
    fprintf(stderr, "simulated_avr: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void print_nothing(struct avr_t *board, const int level, const char *format, va_list words)
{
    (void)board;
    if (level <= LOG_ERROR) {
        vfprintf(stderr, format, words);
    }
}

/* The line. */

static void take_from_board(struct avr_irq_t *irq, uint32_t value, void *unused)
{
    (void)irq, (void)unused;
    if (to_host_size < sizeof to_host) {
        to_host[to_host_size++] = (uint8_t)(to_spoil > 0 ? to_spoil--, value ^ SPOILT : value);
    }
}

static void heed(struct avr_irq_t *irq, uint32_t value, void *may_send)
{
    (void)irq, (void)value;
    is_told_to_wait = may_send == NULL;
}

static void give_to_host(void)
{
    size_t given = 0;
    while (given < to_host_size) {
        const ssize_t size = write(line, to_host + given, to_host_size - given);
        if (size > 0) {
            given += (size_t)size;
            is_stalled = false;
            continue;
        }
        struct pollfd room = {.fd = line, .events = POLLOUT};
        if (is_stalled || poll(&room, 1, PATIENCE_MS) <= 0) {
            is_stalled = true;
            break;
        }
    }
    to_host_size = 0;
}

static void give_to_board(void)
{
    if (from_host_at == from_host_size) {
        const ssize_t size = read(line, from_host, sizeof from_host);
        from_host_at = 0;
        from_host_size = size > 0 ? (size_t)size : 0;
    }
    avr_irq_t *input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    while (from_host_at < from_host_size && !is_told_to_wait) {
        avr_raise_irq(input, from_host[from_host_at++]);
    }
}

static void open_line(void)
{
    line = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (line < 0 || grantpt(line) || unlockpt(line)) {
        fail("pty");
    }
    /* Held open, so that our end lives on while nobody has the port. */
    const int port = open(ptsname(line), O_RDWR | O_NOCTTY);
    struct termios settings;
    if (port < 0 || tcgetattr(port, &settings)) {
        fail(ptsname(line));
    }
    cfmakeraw(&settings);
    tcsetattr(port, TCSANOW, &settings);
    printf("port %s\n", ptsname(line));
}

/* The climate sensor on its two wires. */

static uint8_t crc8(unsigned value)
{
    uint8_t crc = 0xFF;
    for (int at = 8; at >= 0; at -= 8) {
        crc ^= (uint8_t)(value >> at);
        for (int bit = 0; bit < 8; bit++) {
            crc = (uint8_t)((crc & 0x80) ? crc << 1 ^ 0x31 : crc << 1);
        }
    }
    return crc;
}

static uint8_t answer(int at)
{
    const unsigned value = at < 3 ? raw_temperature : raw_humidity;
    if (at % 3 == 2) {
        return (uint8_t)(crc8(value) ^ (air == WRONG));
    }
    return (uint8_t)(at % 3 ? value : value >> 8);
}

static void answer_wires(struct avr_irq_t *irq, uint32_t value, void *unused)
{
    (void)irq, (void)unused;
    avr_twi_msg_irq_t message = {.u.v = value};
    const uint8_t kind = message.u.twi.msg, address = message.u.twi.addr;
    avr_irq_t *input = avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_INPUT);
    if (kind & TWI_COND_STOP) {
        is_addressed = false;
    }
    if (kind & TWI_COND_START) {
        answered = 0;
        is_write_address = !(address & 1);
        is_addressed = air != ABSENT && address >> 1 == 0x44;
        if (is_addressed) {
            avr_raise_irq(input, avr_twi_irq_msg(TWI_COND_ACK, address, 1));
        }
    }
    if (is_addressed && kind & TWI_COND_WRITE) {
        avr_raise_irq(input, avr_twi_irq_msg(TWI_COND_ACK, address, 1));
    }
    if (is_addressed && kind & TWI_COND_READ && !(air == DEAF && answered > 2)) {
        avr_raise_irq(input, avr_twi_irq_msg(TWI_COND_READ, address, answer(answered++)));
    }
}

/* simavr 1.6 tells an address that is acknowledged for writing as data that is acknowledged. */
static void mend_status(struct avr_irq_t *irq, uint32_t status, void *unused)
{
    (void)irq, (void)unused;
    if (is_write_address && status == 0x28) {
        avr->data[TWSR_ADDRESS] = 0x18;
    }
    is_write_address = false;
}

/* The board. */

static void apply_levels(void)
{
    /* Else simavr looks each cycle whether PD2 and PD3 are low, for interrupts that we do not use. */
    avr_extint_set_strict_lvl_trig(avr, 0, false);
    avr_extint_set_strict_lvl_trig(avr, 1, false);
    avr_ioport_external_t outside = {.name = 'D', .mask = 0x1F << 2, .value = levels << 2};
    avr_ioctl(avr, AVR_IOCTL_IOPORT_SET_EXTERNAL('D'), &outside);
    for (int pin = 2; pin < 7; pin++) {
        avr_irq_t *irq = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), pin);
        const uint32_t level = levels >> (pin - 2) & 1;
        /* A reset clears the register and not what simavr remembers of the pin. */
        avr_raise_irq(irq, !level);
        avr_raise_irq(irq, level);
    }
}

static void note_reset(struct avr_t *board)
{
    (void)board;
    was_reset = true;
}

static void do_reset(bool is_power)
{
    avr_reset(avr);
    avr->data[MCUSR_ADDRESS] = is_power ? 0x01 : 0x02;
    if (is_power) {
        /* Memory holds anything after a while without supply. */
        for (unsigned at = avr->ioend + 1u; at <= avr->ramend; at++) {
            avr->data[at] = (uint8_t)(at * 37u);
        }
    }
    was_reset = false;
    is_told_to_wait = false;
    apply_levels();
}

static void move_eeprom(const char *path, bool is_kept)
{
    uint8_t bytes[EEPROM_BYTES];
    avr_eeprom_desc_t all = {.ee = bytes, .offset = 0, .size = sizeof bytes};
    FILE *file = fopen(path, is_kept ? "wb" : "rb");
    if (file == NULL) {
        fail(path);
    }
    if (is_kept) {
        avr_ioctl(avr, AVR_IOCTL_EEPROM_GET, &all);
        fwrite(bytes, 1, sizeof bytes, file);
    } else if (fread(bytes, 1, sizeof bytes, file) == sizeof bytes) {
        avr_ioctl(avr, AVR_IOCTL_EEPROM_SET, &all);
    } else {
        fail(path);
    }
    fclose(file);
}

static void open_board(const char *path)
{
    elf_firmware_t firmware = {0};
    avr_global_logger_set(print_nothing);
    if (elf_read_firmware(path, &firmware)) {
        fail(path);
    }
    avr = avr_make_mcu_by_name("atmega328p");
    avr_init(avr);
    avr->frequency = FREQUENCY;
    avr_load_firmware(avr, &firmware);
    avr->frequency = FREQUENCY;
    avr->reset = note_reset;

    uint32_t flags = 0;
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    const uint32_t uart = AVR_IOCTL_UART_GETIRQ('0');
    avr_irq_register_notify(avr_io_getirq(avr, uart, UART_IRQ_OUTPUT), take_from_board, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, uart, UART_IRQ_OUT_XON), heed, &line);
    avr_irq_register_notify(avr_io_getirq(avr, uart, UART_IRQ_OUT_XOFF), heed, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_OUTPUT),
                            answer_wires, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_STATUS),
                            mend_status, NULL);
}

/* Goes to the next thing that happens at once; simavr by itself sleeps one cycle after the other. */
static void sleep_at_once(avr_t *board, avr_cycle_count_t how_long)
{
    const avr_cycle_timer_slot_t *next = board->cycle_timers.timer;
    const bool is_first = next != NULL && next->when < end_of_millisecond;
    const avr_cycle_count_t until = is_first ? next->when : end_of_millisecond;
    if (until > board->cycle + how_long + 1) {
        board->cycle = until - how_long - 1;
    }
}

static void pass_one_millisecond(void)
{
    const avr_cycle_count_t begin = avr->cycle;
    end_of_millisecond = begin + CYCLES_A_MILLISECOND;
    while (avr->cycle - begin < CYCLES_A_MILLISECOND) {
        const int state = avr_run(avr);
        if (state == cpu_Done || state == cpu_Crashed) {
            fprintf(stderr, "simulated_avr: the program has crashed at %x\n", avr->pc);
            exit(1);
        }
        if (was_reset) {
            was_reset = false;
            is_told_to_wait = false;
            apply_levels();
            printf("reset\n");
        }
    }
    now_ms++;
}

/* Returns the longest run of memory that still holds what do_reset has put there. */
static unsigned untouched(void)
{
    unsigned longest = 0, run = 0;
    for (unsigned at = avr->ioend + 1u; at <= avr->ramend; at++) {
        run = avr->data[at] == (uint8_t)(at * 37u) ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

/* What the test wants. */

static char commands[1 << 20];
static size_t commands_size;
static long next_at_ms;
static bool is_over;

static void hear(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (!is_over && commands_size < sizeof commands && poll(&input, 1, 0) > 0) {
        const ssize_t size =
            read(STDIN_FILENO, commands + commands_size, sizeof commands - commands_size);
        is_over = size <= 0;
        commands_size += size > 0 ? (size_t)size : 0;
    }
}

static void set_input(const char *name, bool level)
{
    static const char *const inputs[] = {"a", "b", "lock", "door", "tamper"};
    for (int at = 0; at < 5; at++) {
        if (strcmp(name, inputs[at]) == 0) {
            levels = (uint8_t)((levels & ~(1 << at)) | level << at);
            apply_levels();
            return;
        }
    }
    fprintf(stderr, "simulated_avr: no input %s\n", name);
    exit(1);
}

static void set_climate(const char *first, const char *second)
{
    static const char *const words[] = {"off", "", "wrong", "deaf"};
    for (int kind = ABSENT; kind <= DEAF; kind++) {
        if (strcmp(first, words[kind]) == 0) {
            air = kind;
            return;
        }
    }
    air = PRESENT;
    raw_temperature = (unsigned)atoi(first);
    raw_humidity = (unsigned)atoi(second);
}

static void inject(const char *digits)
{
    for (unsigned byte; sscanf(digits, "%2x", &byte) == 1; digits += 2) {
        if (from_host_size < sizeof from_host) {
            from_host[from_host_size++] = (uint8_t)byte;
        }
    }
}

static void obey(const char *command)
{
    char word[16] = "", first[8192] = "", second[16] = "";
    sscanf(command, "%15s %8191s %15s", word, first, second);
    if (strcmp(word, "set") == 0) {
        set_input(first, second[0] == '1');
    } else if (strcmp(word, "wait") == 0) {
        next_at_ms = now_ms + atol(first);
    } else if (strcmp(word, "climate") == 0) {
        set_climate(first, second);
    } else if (strcmp(word, "power") == 0 || strcmp(word, "reset") == 0) {
        do_reset(word[0] == 'p');
    } else if (strcmp(word, "spoil") == 0) {
        to_spoil = atol(first);
    } else if (strcmp(word, "inject") == 0) {
        inject(first);
    } else if (strcmp(word, "untouched") == 0) {
        printf("untouched %u\n", untouched());
    } else if (strcmp(word, "say") == 0) {
        give_to_host();
        printf("%s %ld\n", first, now_ms);
    } else {
        fprintf(stderr, "simulated_avr: no command %s\n", command);
        exit(1);
    }
}

static void obey_what_is_due(void)
{
    char *end;
    hear();
    while (now_ms >= next_at_ms && (end = memchr(commands, '\n', commands_size)) != NULL) {
        const size_t size = (size_t)(end - commands) + 1;
        *end = '\0';
        obey(commands);
        memmove(commands, end + 1, commands_size -= size);
    }
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Keeps real time while there is nothing to do; wakes up for the host and for a command. */
static void keep_pace(void)
{
    static double began;
    static long began_ms;
    const double now = seconds();
    const double ahead = began + (double)(now_ms - began_ms) / 1000 - now;
    if (now_ms < next_at_ms || commands_size > 0 || ahead < -0.1 || ahead > 0.1) {
        began = now;
        began_ms = now_ms;
        return;
    }
    if (ahead > 0.002) {
        struct pollfd inputs[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                  {.fd = line, .events = POLLIN}};
        poll(inputs, 2, (int)(ahead * 1000));
    }
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: simulated_avr FIRMWARE.elf EEPROM.bin\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    open_board(arguments[1]);
    move_eeprom(arguments[2], false);
    avr->sleep = sleep_at_once;
    do_reset(true);
    open_line();
    while (!is_over || now_ms < next_at_ms || commands_size > 0) {
        obey_what_is_due();
        give_to_board();
        pass_one_millisecond();
        give_to_host();
        keep_pace();
    }
    move_eeprom(arguments[2], true);
    return 0;
}
