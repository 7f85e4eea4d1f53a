/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Features of all devices of a network, as packets arrive: what feature.c tells of one device at
 * the end of a capture, told with the packet that shows it. What is kept is bounded; what was not
 * used for the longest time makes room, and is counted.
 *
 * A device is a hardware address, neither multicast nor zero, from which no public addresses send;
 * where frames have no hardware addresses, a private IP address. A text is made as it would be at
 * the end, by what is known so far: when what is known of a device's surroundings changes (its
 * gateway, its own addresses), all that is known of it is told again.
 *
 * A TCP flow may turn out to be without data only when time has passed without any; and a message
 * that may go on has no length yet.
 */
#ifndef IOTSIG_FEATURE_STREAM_H
#define IOTSIG_FEATURE_STREAM_H

#include "base/context.h"
#include "base/strings.h"
#include "decode/address.h"
#include "iotsig/capture.h"
#include "iotsig/feature.h"

struct iotsig_stream;
struct stream_device;

/** Who is told. */
struct stream_listener {
    /** The listener's number of a feature; IOTSIG_NO_STRING: nobody wants to know of it. */
    uint32_t (*number)(void *user, const char *family, const char *text);
    /** A device shows a feature, the first time or again. @return 0, IOTSIG_ERR_MEMORY */
    int (*seen)(void *user, struct stream_device *device, uint32_t number, int64_t ns,
                struct iotsig_error *error);
    /** What was told of a device may be otherwise: what still holds is told again now, ... */
    void (*retelling)(void *user, struct stream_device *device);
    /** ... and that was all of it. */
    void (*retold)(void *user, struct stream_device *device);
    /** A device is forgotten. */
    void (*forgotten)(void *user, struct stream_device *device);
    void *user;
};

/** How much is kept at most. */
struct stream_bounds {
    size_t devices, flows; /**< raw features and names are as many as flows */
};

/** What had to be forgotten. */
struct stream_losses {
    uint64_t devices, flows, features, names; /**< names: how often all but those in use */
};

/**
 * @param options  `families` NULL: the default ones; `self`: only this device
 * @param names    known beforehand, or NULL; of the same context
 * @return 0, IOTSIG_ERR_ARGUMENT, IOTSIG_ERR_MEMORY
 */
int iotsig_stream_new(struct iotsig_stream **out, struct iotsig_context *context,
                      const struct iotsig_feature_options *options,
                      const struct iotsig_names *names, const struct stream_bounds *bounds,
                      const struct stream_listener *listener, struct iotsig_error *error);

/** Takes in a frame at the time `ns`, from 0 to INT64_MAX / 2. @return 0, IOTSIG_ERR_MEMORY */
int iotsig_stream_add(struct iotsig_stream *stream, const struct iotsig_frame *frame, int64_t ns,
                      struct iotsig_error *error);

/** Tells what is certain at the time `ns`. @return 0, IOTSIG_ERR_MEMORY */
int iotsig_stream_tick(struct iotsig_stream *stream, int64_t ns, struct iotsig_error *error);

/** The same at the end: no more is to come. */
int iotsig_stream_settle(struct iotsig_stream *stream, struct iotsig_error *error);

/** Forgets all of it. */
void iotsig_stream_clear(struct iotsig_stream *stream);

struct stream_losses iotsig_stream_losses(const struct iotsig_stream *stream);

/** Its hardware address, or IP address, written to `to`. */
void iotsig_stream_device_text(const struct stream_device *device, char to[IOTSIG_ADDRESS_TEXT]);

/** The listener's own pointer for a device; NULL at first. */
void **iotsig_stream_device_user(struct stream_device *device);

/** NULL is allowed. Devices are forgotten first. */
void iotsig_stream_free(struct iotsig_stream *stream);

#endif
