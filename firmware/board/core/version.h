/* The release of this firmware, as its hello tells it. */
#ifndef KAIGUAN_VERSION_H
#define KAIGUAN_VERSION_H

#define FIRMWARE_MAJOR 1
#define FIRMWARE_MINOR 0
#define FIRMWARE_PATCH 0

#endif
