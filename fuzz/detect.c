/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From frames to events, in tables that are too small for them: a byte that says how small, whether
 * frames are Ethernet or raw IP, whether only one device counts and whether a name is known; then
 * frames, each behind two bytes of length and one of time, of which the upper half goes far and the
 * top goes back. Whatever they are, what is told is what signatures say.
 */
#include <string.h>

#include "capture/linktype.h"
#include "fuzz.h"
#include "iotsig/detect.h"

#define TRAIT(family, text, bits)                                                                  \
    "{\"family\":\"" family "\",\"feature\":\"" text "\",\"support\":\"3/3\",\"bits\":\"" bits     \
    "\",\"seen\":[1,2]}"
#define SIGNATURE(event, duration, mandatory, forbidden)                                           \
    "{\"iotsig_signature\":1,\"event\":\"" event                                                   \
    "\",\"captures\":3,\"against\":{\"events\":1,\"captures\":2},\"options\":{\"min_support\":"    \
    "\"9/10\",\"min_coverage\":\"9/10\",\"families\":null},\"duration\":\"" duration               \
    "\",\"group\":[],\"warnings\":[],\"mandatory\":[" mandatory                                    \
    "],\"optional\":[],\"must_not\":[" forbidden "],\"flows\":[],\"origins\":[]}"

static const char signatures[] = SIGNATURE("asks", "1.000000000",
                                           TRAIT("name", "dns A api.example.com", "4.00"), "")
    SIGNATURE("asks too", "30.000000000",
              TRAIT("name", "dns A api.example.com",
                    "4.00") "," TRAIT("flow", "out udp gateway 53",
                                      "0.10") "," TRAIT("link", "arp probe", "4.00"),
              "") SIGNATURE("probes", "0.100000000", TRAIT("link", "arp probe", "4.00"),
                            "{\"family\":\"link\",\"feature\":\"arp announcement\",\"captures\":2}")
        SIGNATURE("is called", "2.000000000",
                  TRAIT("dhcp", "discover", "9.00") "," TRAIT("dhcp", "host-name host", "1.00"), "")
            SIGNATURE("connects", "5.000000000",
                      TRAIT("flow", "out tcp local 80",
                            "2.00") "," TRAIT("link", "empty out tcp 198.51.100.7 9", "0.20"),
                      "") SIGNATURE("lengths", "5.000000000",
                                    TRAIT("length", "out tcp 198.51.100.7 8000 600", "2.00"), "");

struct told {
    const struct iotsig_library *library;
    int64_t latest;
    size_t count;
};

static int check(void *user, const struct iotsig_detection *detection)
{
    struct told *told = user;
    bool known = detection->event == NULL;
    told->count++;
    REQUIRE(detection->tie_count > 0);
    for (size_t i = 0; i < detection->tie_count; i++) {
        const char *event = iotsig_learned_event(detection->ties[i]);
        known |= detection->ties[i] == detection->event;
        REQUIRE(iotsig_library_find(told->library, event) == detection->ties[i]);
        REQUIRE(iotsig_ratio_compare(detection->coverage,
                                     iotsig_learned_min_coverage(detection->ties[i])) >= 0);
    }
    REQUIRE(known &&
            detection->by_device == (detection->event != NULL && detection->tie_count > 1));
    REQUIRE(detection->coverage.num <= detection->coverage.den);
    REQUIRE((detection->missing_count == 0) ==
            (detection->coverage.num == detection->coverage.den));
    REQUIRE(detection->first.ns <= detection->last.ns && detection->last.ns <= told->latest);
    REQUIRE(strlen(detection->device) >= 2);
    return 0;
}

static void push_all(struct iotsig_detector *detector, struct told *told, int link_type,
                     struct cursor at)
{
    struct iotsig_frame frame = {.link_type = link_type, .time = {.digits = 6}};
    while (at.left > 2) {
        uint16_t length = cursor_u16(&at);
        uint8_t step = cursor_u8(&at);
        struct bytes bytes = cursor_take_most(&at, length);
        frame.time.ns += step == 255  ? -frame.time.ns / 2
                         : step > 127 ? (int64_t)(step - 127) * 1000000000
                                      : (int64_t)step * 1000000;
        frame.bytes = bytes.p;
        frame.captured = frame.length = (uint32_t)bytes.n;
        told->latest = frame.time.ns > told->latest ? frame.time.ns : told->latest;
        REQUIRE(iotsig_detector_push(detector, &frame, NULL) == 0);
        if (step % 16 == 3)
            REQUIRE(iotsig_detector_idle(detector, (int64_t)step * 100000000, NULL) == 0);
    }
}

static struct iotsig_library *read_library(struct iotsig_context *context)
{
    struct iotsig_library *library;
    const char *path = fuzz_file(signatures, sizeof signatures - 1);
    REQUIRE(iotsig_library_new(&library, context, NULL) == 0);
    REQUIRE(iotsig_library_read(library, path, NULL) == 0);
    return library;
}

static struct iotsig_names *read_names(struct iotsig_context *context)
{
    static const char table[] = "{\"IP\":{\"198.51.100.7\":\"api.example.com\"}}";
    struct iotsig_names *names;
    REQUIRE(iotsig_names_new(&names, context, NULL) == 0);
    REQUIRE(iotsig_names_load(names, fuzz_file(table, sizeof table - 1), NULL) == 0);
    return names;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor at = cursor_of((struct bytes){data, size});
    uint8_t kind = cursor_u8(&at);
    struct iotsig_detector *detector;
    struct iotsig_detect_losses losses;
    if (at.failed)
        return 0;
    struct iotsig_context *context = fuzz_context();
    struct iotsig_library *library = read_library(context);
    struct iotsig_names *names = read_names(context);
    struct told told = {.library = library};
    const struct iotsig_detect_options options = {.self = (kind & 2) == 0    ? NULL
                                                          : (kind & 16) == 0 ? "02:00:00:00:00:01"
                                                                             : "192.168.1.2",
                                                  .names = kind & 64 ? names : NULL,
                                                  .max_devices = kind & 4 ? 4 : 0,
                                                  .max_flows = kind & 8 ? 1 + (kind >> 4) : 0};
    REQUIRE(iotsig_detector_new(&detector, context, library, &options, check, &told, NULL) == 0);
    push_all(detector, &told, kind & 1 ? IOTSIG_LINK_RAW : IOTSIG_LINK_ETHERNET, at);
    REQUIRE(iotsig_detector_finish(detector, NULL) == 0);
    size_t count = told.count;
    REQUIRE(iotsig_detector_finish(detector, NULL) == 0 && told.count == count);
    iotsig_detector_losses(detector, &losses);
    REQUIRE((kind & 8) || losses.flows + losses.features == 0 || size > 65536);
    iotsig_detector_free(detector);
    iotsig_names_free(names);
    iotsig_library_free(library);
    iotsig_context_free(context);
    return 0;
}
