/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signature of an event, from its captures.
 *
 * cc -o extract extract.c $(pkg-config --cflags --libs libiotsig)
 * ./extract plug-1.pcap plug-2.pcap plug-3.pcapng
 */
#include <inttypes.h>
#include <stdio.h>

#include <iotsig/format.h>

/* A failure loses nothing that was read before: say it, and go on. */
static int report(void *user, const struct iotsig_error *what)
{
    (void)user;
    fprintf(stderr, "%s: %s\n", what->file, what->message);
    return 0;
}

static void print(const struct iotsig_signature *signature)
{
    const struct iotsig_pattern *pattern = iotsig_signature_pattern(signature);
    for (size_t i = 0; i < iotsig_pattern_count(pattern); i++) {
        char id[IOTSIG_FLOW_ID];
        struct iotsig_flow flow;
        iotsig_pattern_flow(pattern, i, &flow);
        iotsig_pattern_flow_id(pattern, i, id);
        printf("%s: %" PRIu64 " packets\n", id, flow.packets);
    }
}

int main(int argc, char **argv)
{
    struct iotsig_context *context = NULL;
    struct iotsig_patterns *patterns = NULL;
    struct iotsig_signature *signature = NULL;
    struct iotsig_error error;

    int status = iotsig_context_new(&context, NULL, &error);
    if (status == 0)
        status = iotsig_patterns_new(&patterns, context, NULL, true, &error);
    for (int i = 1; status == 0 && i < argc; i++)
        (void)iotsig_patterns_read(patterns, argv[i], report, NULL, &error);
    if (status == 0)
        status = iotsig_signature_extract(&signature, patterns, "example", &error);
    if (status == 0)
        print(signature);
    else
        fprintf(stderr, "%s\n", error.message);

    iotsig_signature_free(signature);
    iotsig_patterns_free(patterns);
    iotsig_context_free(context);
    return status == 0 ? 0 : 1;
}
