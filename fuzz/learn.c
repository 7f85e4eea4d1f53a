/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From packets to signatures that are learned: a byte chooses options, then packets of captures,
 * see build.h. The captures are of two events and of none, in turn. What is learned is read again
 * as it was written; it says of each capture what it is, and its flows become policies.
 */
#include <string.h>

#include "build.h"
#include "iotsig/firewall.h"
#include "iotsig/learn.h"

static struct iotsig_features *read_features(struct iotsig_context *context, struct bytes capture)
{
    struct iotsig_features *features;
    int status =
        iotsig_features_read(&features, context, fuzz_file(capture.p, capture.n), NULL, NULL, NULL);
    REQUIRE(status == 0 || status == IOTSIG_ERR_LIMIT);
    return status == 0 ? features : NULL;
}

static void add(struct iotsig_corpus *corpus, const struct iotsig_features *features, size_t i)
{
    static const char *const events[] = {"plug", "hub \"x\"", "plug", NULL};
    const struct iotsig_origin origin = {.name = "a\nb.pcap",
                                         .size = i,
                                         .device = iotsig_features_self(features)};
    REQUIRE(iotsig_corpus_add(corpus, events[i % 4], features, &origin, NULL) == 0);
}

static void identify(struct iotsig_context *context, const struct iotsig_library *library,
                     const struct iotsig_corpus *corpus)
{
    for (enum iotsig_format format = IOTSIG_FORMAT_TEXT; format <= IOTSIG_FORMAT_JSONL; format++) {
        const struct iotsig_style style = fuzz_style(format);
        struct iotsig_output *output = fuzz_output(context);
        struct iotsig_identity_writer *writer;
        REQUIRE(iotsig_identity_writer_new(&writer, context, output, &style, NULL) == 0);
        for (size_t i = 0; i < iotsig_corpus_count(corpus); i++) {
            struct iotsig_identity identity;
            struct iotsig_probe *probe;
            REQUIRE(iotsig_probe_of(&probe, context, library, corpus, i, NULL) == 0);
            iotsig_probe_identify(probe, &identity);
            REQUIRE(identity.event == NULL || identity.ties > 0);
            REQUIRE(identity.coverage.num <= identity.coverage.den);
            REQUIRE(iotsig_identity_writer_put(writer, "a", library, probe, NULL, NULL) == 0);
            iotsig_probe_free(probe);
        }
        REQUIRE(iotsig_identity_writer_free(writer, NULL) == 0);
        fuzz_well_formed(output, format);
    }
}

static void learn(struct iotsig_context *context, const struct iotsig_corpus *corpus,
                  uint8_t choice)
{
    static const struct iotsig_ratio shares[] = {{1, 100}, {1, 3},  {1, 2},    {2, 3},
                                                 {3, 4},   {9, 10}, {99, 100}, {1, 1}};
    struct iotsig_learn_options options = IOTSIG_LEARN_DEFAULT;
    struct iotsig_library *library;
    options.min_support = shares[choice & 7];
    options.min_coverage = shares[choice >> 3 & 7];
    int status = iotsig_learn(&library, context, corpus, NULL, &options, NULL);
    REQUIRE(status == 0 || (status == IOTSIG_ERR_EMPTY && iotsig_corpus_count(corpus) == 0));
    if (status != 0)
        return;
    identify(context, library, corpus);
    fuzz_library(context, library);
    iotsig_library_free(library);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cursor at = cursor_of((struct bytes){data, size});
    struct iotsig_context *context = fuzz_context();
    uint8_t choice = cursor_u8(&at);
    struct iotsig_corpus *corpus;
    struct bytes capture;
    REQUIRE(iotsig_corpus_new(&corpus, context, NULL) == 0);
    for (size_t i = 0; i < BUILD_CAPTURES && fuzz_build(&at, &capture); i++) {
        struct iotsig_features *features = read_features(context, capture);
        if (features != NULL)
            add(corpus, features, i);
        iotsig_features_free(features);
    }
    learn(context, corpus, choice);
    iotsig_corpus_free(corpus);
    iotsig_context_free(context);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    return fuzz_mutate_packets(data, size, room, seed, 1);
}
