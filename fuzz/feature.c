/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From frames to features: a byte that chooses between Ethernet and raw IP (bit 0), whose they are
 * (1 and 2), whether it is kept when they were seen (3) and whether the capture ends inside the
 * last (4) and whether time goes backwards (5), then frames, each behind two bytes of length.
 * Whatever they are, features are printable, sorted, and each there once.
 */
#include <string.h>

#include "capture/linktype.h"
#include "fuzz.h"
#include "iotsig/feature.h"

#define ROOM        (1 << 20)
#define FILE_HEADER 24

static uint8_t capture[ROOM];
static size_t filled;

static void put(const void *bytes, size_t n)
{
    REQUIRE(n <= ROOM - filled);
    memcpy(capture + filled, bytes, n);
    filled += n;
}

static void put_u32(uint32_t value)
{
    put(&value, sizeof value); /* the byte order of pcap is that of who writes */
}

static void make_capture(uint32_t link_type, bool backwards, struct cursor at)
{
    filled = 0;
    put_u32(0xa1b2c3d4);
    put_u32(2 | 4 << 16);
    put_u32(0);
    put_u32(0);
    put_u32(65535);
    put_u32(link_type);
    for (uint32_t i = 0; at.left >= 2; i++) {
        struct bytes frame = cursor_take_most(&at, cursor_u16(&at));
        if (filled + frame.n + 16 > ROOM)
            return;
        put_u32(backwards ? ROOM - i : i);
        put_u32(0);
        put_u32((uint32_t)frame.n);
        put_u32((uint32_t)frame.n);
        put(frame.p, frame.n);
    }
}

static int compare(const struct iotsig_feature *a, const struct iotsig_feature *b)
{
    return strcmp(a->family, b->family) != 0 ? -1 : strcmp(a->text, b->text);
}

/* Spells of a feature follow each other within the capture. */
static void require_spells(const struct iotsig_features *features, size_t i)
{
    struct iotsig_spell spell;
    struct iotsig_time first, last;
    iotsig_features_span(features, &first, &last);
    int64_t end = INT64_MIN;
    for (size_t k = 0; iotsig_features_spell(features, i, k, &spell); k++) {
        REQUIRE(spell.first_ns <= spell.last_ns && spell.first_ns > end);
        end = spell.last_ns;
    }
}

static void require_features(const struct iotsig_features *features)
{
    struct iotsig_feature last = {.family = ""}, feature;
    REQUIRE(iotsig_features_self(features) != NULL || iotsig_features_count(features) == 0);
    for (size_t i = 0; i < iotsig_features_count(features); i++, last = feature) {
        iotsig_features_get(features, i, &feature);
        REQUIRE(feature.count > 0 && feature.text[0] != '\0');
        REQUIRE(i == 0 || compare(&last, &feature) < 0);
        fuzz_printable(feature.text);
        require_spells(features, i);
    }
}

static void require_name(void *user, const char *key, const char *value)
{
    (void)user;
    fuzz_printable(key);
    fuzz_printable(value);
}

static void write_features(struct iotsig_context *context, const struct iotsig_features *features)
{
    for (enum iotsig_format format = IOTSIG_FORMAT_TEXT; format <= IOTSIG_FORMAT_JSONL; format++) {
        const struct iotsig_style style = fuzz_style(format);
        struct iotsig_feature_writer *writer;
        struct iotsig_output *output = fuzz_output(context);
        REQUIRE(iotsig_feature_writer_new(&writer, context, output, &style, NULL) == 0);
        REQUIRE(iotsig_feature_writer_put(writer, "x", features, NULL) == 0);
        iotsig_feature_writer_free(writer);
        fuzz_well_formed(output, format);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const selves[] = {NULL, "02:00:00:00:00:01", "192.168.1.2", "fd00::2"};
    struct iotsig_feature_options options = {.families =
                                                 "flow,name,link,dhcp,content,agent,vendor,length"};
    struct cursor at = cursor_of((struct bytes){data, size});
    struct iotsig_features *features;
    struct iotsig_error cut;
    uint8_t choice = cursor_u8(&at);
    uint32_t link_type = (choice & 1) != 0 ? IOTSIG_LINK_RAW : IOTSIG_LINK_ETHERNET;
    options.self = selves[choice >> 1 & 3];
    options.spells = (choice & 8) != 0;
    if (at.failed)
        return 0;
    make_capture(link_type, (choice & 32) != 0, at);
    struct iotsig_context *context = fuzz_context();
    bool is_short = (choice & 16) != 0 && filled > FILE_HEADER;
    const char *path = fuzz_file(capture, filled - is_short);
    int status = iotsig_features_read(&features, context, path, NULL, &options, NULL);
    REQUIRE(status == 0 || status == IOTSIG_ERR_LIMIT);
    if (status == 0) {
        REQUIRE(iotsig_features_failure(features, NULL) == 0);
        REQUIRE(iotsig_features_is_cut(features, &cut) == is_short);
        REQUIRE(!is_short || cut.message[0] != '\0');
        require_features(features);
        iotsig_names_each(iotsig_features_names(features), IOTSIG_NAMES_IP, require_name, NULL);
        write_features(context, features);
        iotsig_features_free(features);
    }
    iotsig_context_free(context);
    return 0;
}
