/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * iotsig/detect.h - which events happen in the traffic of a network, as its packets arrive.
 *
 * Of each device (a hardware address, neither multicast nor zero, that passes on no public
 * addresses; where frames have none, a private IP address) the features of iotsig/feature.h are
 * followed, as packets show them. For each signature of a library a window of time slides over
 * them: the longest of its captures and half more, at least 5 seconds. A signature matches a window
 * as it matches a capture (iotsig/learn.h): by coverage, without a forbidden feature, and without a
 * name of another product.
 *
 * When a match is told:
 *
 * - At once, when it is complete, no feature is forbidden to it, and there is no other signature
 *   that could not match any more without the features of this one.
 * - Else what comes may still speak for another: it is told when the device has shown no new
 *   feature for a while, a quarter of the longest of its captures, from 1 to 30 seconds (of those
 *   of another signature of which half is there, if that is longer); at the latest when its window
 *   ends; and when the input does.
 *
 * Of several that match by then the one with the highest coverage is told. Of these with the same
 * coverage one whose mandatory features are all of a heavier one gives way to that; what is left
 * are ties, as of iotsig_probe_identify(): if just one was learned from the very device it is that,
 * else all of them are told. What is told has used up its features: each as often as it was seen in
 * a capture, at most, as long as the longest took, and until the device makes a pause of 20
 * seconds. What still matches without these is told next.
 *
 * So a library of ten thousand signatures costs a packet as much as one of ten: features are
 * indexed, and only signatures of which a feature is there, of those that it cannot match without,
 * are looked at.
 *
 * Memory is bounded: devices, flows, and what they show. What was not seen for the longest time
 * makes room, and is counted.
 *
 *     while ((status = iotsig_capture_next(capture, &frame, &error)) == 1 &&
 *            (status = iotsig_detector_push(detector, &frame, &error)) == 0)
 *         ;
 *     if (status == 0)
 *         status = iotsig_detector_finish(detector, &error);
 *
 * Threads: a detector belongs to one thread at a time; several may share a library.
 */
#ifndef IOTSIG_DETECT_H
#define IOTSIG_DETECT_H

#include "iotsig/capture.h"
#include "iotsig/learn.h"

#ifdef __cplusplus
extern "C" {
#endif

struct iotsig_style; /* of iotsig/format.h */

/** How it is detected; all zero is the default. */
struct iotsig_detect_options {
    const char *self;     /**< look at this device only: a hardware or IP address; NULL: at all */
    const char *families; /**< look at these families of features; NULL: those of the library */
    const struct iotsig_names *names; /**< known beforehand; of the same context; or NULL */
    uint32_t max_devices;             /**< 0: IOTSIG_DETECT_DEVICES; at least 4 are followed */
    uint32_t max_flows; /**< flows, and as many raw features and names; 0: IOTSIG_DETECT_FLOWS */
};

#define IOTSIG_DETECT_DEVICES 1024u
#define IOTSIG_DETECT_FLOWS   65536u

/** Features that are told as missing, at most. */
#define IOTSIG_DETECT_MISSING 8

/** An event that was seen; borrowed while it is told. */
struct iotsig_detection {
    const struct iotsig_learned *event; /**< NULL: one of `ties` */
    const struct iotsig_learned *const *ties;
    size_t tie_count; /**< at least 1; of the same coverage, in the order of the library */
    bool by_device;   /**< the traffic is that of several, and the device told which */
    struct iotsig_ratio coverage;
    const char *device; /**< its hardware address, or IP address where there is none */
    /** When the first and the last of its features appeared; `digits` 0: frames have no time. What
     * was there before the window, such as a connection that is held, tells no time. */
    struct iotsig_time first, last;
    const struct iotsig_trait
        *missing;         /**< mandatory features that were not there, heaviest first */
    size_t missing_count; /**< at most IOTSIG_DETECT_MISSING */
};

struct iotsig_detector;

/**
 * @param library  must outlive the detector, and not change
 * @param report   is told of each event; anything but 0 that it answers ends the call that it is
 * made from, which answers it
 * @return 0, IOTSIG_ERR_ARGUMENT: an option, IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_detector_new(struct iotsig_detector **out, struct iotsig_context *context,
                                   const struct iotsig_library *library,
                                   const struct iotsig_detect_options *options,
                                   int (*report)(void *user,
                                                 const struct iotsig_detection *detection),
                                   void *user, struct iotsig_error *error);

/**
 * Takes in a frame. Time that goes back by no more than the longest window is none; by more, it is
 * another recording: what is complete is told, and all windows begin anew.
 * @return 0; what `report` answered; IOTSIG_ERR_MEMORY
 */
IOTSIG_API int iotsig_detector_push(struct iotsig_detector *detector,
                                    const struct iotsig_frame *frame, struct iotsig_error *error);

/**
 * Says that it is later than the last frame, by so many nanoseconds, and no other has come: for who
 * waits for frames. @return likewise
 */
IOTSIG_API int iotsig_detector_idle(struct iotsig_detector *detector, int64_t ns,
                                    struct iotsig_error *error);

/**
 * An input ends: what is complete is told. More may be pushed: what is not complete goes on.
 * @return likewise
 */
IOTSIG_API int iotsig_detector_finish(struct iotsig_detector *detector, struct iotsig_error *error);

/** What had to make room so far; events may have been missed for it. */
struct iotsig_detect_losses {
    uint64_t devices, flows, features;
    uint64_t names; /**< how often all names but those of flows were forgotten */
};

IOTSIG_API void iotsig_detector_losses(const struct iotsig_detector *detector,
                                       struct iotsig_detect_losses *losses);

/** NULL is allowed. Nothing is told. */
IOTSIG_API void iotsig_detector_free(struct iotsig_detector *detector);

/** Writes events that were seen, as `iotsig detect` does, each whole: it may be flushed behind
 * each. */
struct iotsig_detection_writer;

/** @return 0, IOTSIG_ERR_ARGUMENT for YAML, IOTSIG_ERR_MEMORY */
IOTSIG_API int iotsig_detection_writer_new(struct iotsig_detection_writer **out,
                                           struct iotsig_context *context,
                                           struct iotsig_output *output,
                                           const struct iotsig_style *style,
                                           struct iotsig_error *error);

/** Writes one that was seen in the input of this name. */
IOTSIG_API void iotsig_detection_writer_put(struct iotsig_detection_writer *writer,
                                            const char *input,
                                            const struct iotsig_detection *detection);

/** Writes what is still to be written, and frees; NULL is allowed. */
IOTSIG_API void iotsig_detection_writer_free(struct iotsig_detection_writer *writer);

#ifdef __cplusplus
}
#endif

#endif
