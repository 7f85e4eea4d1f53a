/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of the main job: packets, flows, extract. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"

/* Packets between two looks at whether the output is still wanted. */
#define FLUSH_EVERY 65536

/* Opens a capture, and tells what is wrong with it; NULL when it cannot be read. */
static struct iotsig_packets *open_packets(struct run *run, const char *path)
{
    struct iotsig_packets *packets;
    struct iotsig_error error;
    if (iotsig_packets_open(&packets, run->context, path, &run->settings.options, &error) != 0) {
        cli_fail(run, &error);
        return NULL;
    }
    if (iotsig_packets_failure(packets, &error) != 0)
        cli_fail(run, &error);
    else if (iotsig_packets_is_cut(packets, &error))
        cli_warn(run, &error);
    return packets;
}

/* Writes all packets; false when the output is of no use any more. */
static bool write_packets(struct run *run, struct iotsig_packet_writer *writer,
                          struct iotsig_packets *packets, const char *path, uint64_t *count)
{
    struct iotsig_packet packet;
    struct iotsig_error error;
    int next;
    while ((next = iotsig_packets_next(packets, &packet, &error)) == 1) {
        int status = iotsig_packet_writer_put(writer, path, &packet, &error);
        if (status == 0 && ++*count % FLUSH_EVERY == 0)
            status = iotsig_output_flush(run->output, &error);
        if (status != 0) {
            cli_fail(run, &error);
            return false;
        }
    }
    /* What was known from the start has been told. */
    if (next < 0 && iotsig_packets_failure(packets, NULL) == 0)
        cli_fail(run, &error);
    return true;
}

/* What can be opened again need not stay open: a command line can hold more captures than a process
 * can have files. */
static bool can_be_read_again(const char *path)
{
    struct stat about;
    return strcmp(path, "-") != 0 && stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

/* With --strict all captures are looked at before the first packet is written. */
static void perform_packets(struct run *run)
{
    int count = run->settings.input_count;
    const char **paths = run->settings.inputs;
    struct iotsig_packets **opened = calloc((size_t)count, sizeof *opened);
    struct iotsig_packet_writer *writer = NULL;
    struct iotsig_error error;
    uint64_t written = 0;

    if (opened == NULL) {
        cli_fail_memory(run);
        return;
    }
    for (int i = 0; run->settings.strict && i < count && !cli_is_over(run); i++) {
        opened[i] = open_packets(run, paths[i]);
        if (can_be_read_again(paths[i])) {
            iotsig_packets_close(opened[i]);
            opened[i] = NULL;
        }
    }
    if (!cli_is_over(run) && cli_open_output(run)) {
        if (iotsig_packet_writer_new(&writer, run->context, run->output, &run->style, &error) != 0)
            cli_fail(run, &error);
        bool wanted = writer != NULL;
        for (int i = 0; wanted && i < count && !cli_is_over(run); i++) {
            if (opened[i] == NULL)
                opened[i] = open_packets(run, paths[i]);
            if (opened[i] != NULL)
                wanted = write_packets(run, writer, opened[i], paths[i], &written);
            iotsig_packets_close(opened[i]);
            opened[i] = NULL;
        }
        if (iotsig_packet_writer_free(writer, &error) != 0)
            cli_fail(run, &error);
        cli_close_output(run);
        if (written == 0 && wanted)
            cli_raise(run, EXIT_NOTHING);
    }
    for (int i = 0; i < count; i++)
        iotsig_packets_close(opened[i]);
    free(opened);
}

const struct command command_packets = {
    .name = "packets",
    .arguments = "CAPTURE...",
    .summary = "print the packets that are kept, with names for addresses",
    .description = "Reads captures and prints a summary of each packet that belongs to a flow:\n"
                   "time, hosts, ports, protocols, and what DNS, HTTP, SSDP, CoAP or DHCP say.\n",
    .groups = GROUP_FORMAT | GROUP_CAPTURES,
    .needs = NEEDS_SPOOL,
    .inputs_min = 1,
    .inputs_max = INT_MAX,
    .perform = perform_packets};

void cli_raise_if_empty(struct run *run, const struct iotsig_patterns *patterns)
{
    for (size_t i = 0; i < iotsig_patterns_count(patterns); i++)
        if (iotsig_pattern_count(iotsig_patterns_get(patterns, i)) > 0)
            return;
    cli_raise(run, EXIT_NOTHING);
}

void cli_write_patterns(struct run *run, const struct iotsig_patterns *patterns, bool keep)
{
    struct iotsig_error error;
    if (!cli_open_output(run))
        return;
    if ((keep ? iotsig_patterns_rewrite : iotsig_patterns_write)(patterns, run->output, &run->style,
                                                                 &error) != 0)
        cli_fail(run, &error);
    cli_close_output(run);
    cli_raise_if_empty(run, patterns);
}

static void write_flows(struct run *run, struct iotsig_patterns *patterns)
{
    cli_write_patterns(run, patterns, false);
}

static void perform_flows(struct run *run)
{
    cli_with_patterns(run, false, write_flows);
}

const struct command command_flows = {
    .name = "flows",
    .arguments = "INPUT...",
    .summary = "print the flow fingerprints of each input",
    .description = "Reads captures, or files that iotsig packets or iotsig flows has written, and\n"
                   "prints the pattern of each: its flow fingerprints.\n",
    .groups = GROUP_FORMAT | GROUP_CAPTURES | GROUP_MATCH,
    .needs = NEEDS_INCLUDES,
    .inputs_min = 1,
    .inputs_max = INT_MAX,
    .perform = perform_flows};

/* The length of a path without the slashes at its end, which name the same folder. */
static size_t path_length(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    return n;
}

static size_t folder_length(const char *path)
{
    const char *slash = memrchr(path, '/', path_length(path));
    return slash == NULL ? 0 : (size_t)(slash - path);
}

/* The part of a path that names it: "plug" of "lab/plug.pcap.gz". */
static void stem_of(const char *path, char *name, size_t room)
{
    size_t folder = folder_length(path), start = path[folder] == '/' ? folder + 1 : folder;
    snprintf(name, room, "%.*s", (int)(path_length(path) - start), path + start);
    char *dot = name[0] == '\0' ? NULL : strchr(name + 1, '.');
    if (dot != NULL)
        *dot = '\0';
}

/* The length of the path of the folder that all inputs are in, 0 being the current one; of a single
 * input that is a folder, itself. -1: there is none. */
static int common_folder(const struct settings *settings)
{
    const char *first = settings->inputs[0];
    size_t n = folder_length(first);
    if (settings->input_count == 1)
        return iotsig_is_folder(first, NULL) == 1 ? (int)path_length(first) : -1;
    for (int i = 1; i < settings->input_count; i++)
        if (folder_length(settings->inputs[i]) != n || strncmp(first, settings->inputs[i], n) != 0)
            return -1;
    return (int)n;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Whether a folder's path says what it is called, without a look at where it leads. */
static bool is_named(const char *path)
{
    const char *name = last_part(path);
    return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

void cli_name(const struct settings *settings, char *name, size_t room)
{
    const char *first = settings->inputs[0];
    int n = common_folder(settings);
    char folder[PATH_MAX] = "", *real = NULL;
    if (n >= 0 && (size_t)n < sizeof folder) {
        snprintf(folder, sizeof folder, "%.*s", n == 0 ? 1 : n, n == 0 ? "." : first);
        real = realpath(folder, NULL);
    }
    if (settings->name != NULL)
        snprintf(name, room, "%s", settings->name);
    else if (real != NULL && strcmp(real, "/") != 0)
        snprintf(name, room, "%s", strrchr(real, '/') + 1);
    else if (n > 0 && is_named(folder))
        snprintf(name, room, "%s", last_part(folder));
    else
        stem_of(first, name, room);
    free(real);
}

static void write_signature(struct run *run, const struct iotsig_signature *signature)
{
    struct iotsig_error error;
    bool empty = signature == NULL ||
                 iotsig_pattern_count(iotsig_signature_pattern(signature)) == 0;
    if (!cli_open_output(run))
        return;
    int status = iotsig_signature_write(signature, run->output, &run->style, &error);
    cli_end_output(run, status, &error, empty);
}

static void extract(struct run *run, struct iotsig_patterns *patterns)
{
    struct iotsig_signature *signature = NULL;
    struct iotsig_error error;
    char name[NAME_MAX + 1];
    cli_name(&run->settings, name, sizeof name);
    int status = iotsig_signature_extract(&signature, patterns, name, &error);
    if (status == 0 || status == IOTSIG_ERR_EMPTY)
        write_signature(run, signature);
    if (status != 0)
        cli_fail(run, &error);
    iotsig_signature_free(signature);
}

static void perform_extract(struct run *run)
{
    if (run->settings.generalise)
        cli_generalise(run);
    else
        cli_with_patterns(run, true, extract);
}

const struct command command_extract = {
    .name = "extract",
    .arguments = "INPUT...",
    .summary = "extract the signature of an event from several captures of it",
    .description =
        "Reads captures of one event, files that iotsig flows has written, or folders of\n"
        "these, and prints the event signature: the flows that all of them have in common.\n"
        "With --generalise it is learned, as iotsig learn does.\n",
    .groups = GROUP_FORMAT | GROUP_CAPTURES | GROUP_MATCH | GROUP_NAME | GROUP_EXTRACT |
              GROUP_FEATURES | GROUP_LEARN,
    .needs = NEEDS_THREADS | NEEDS_INCLUDES,
    .inputs_min = 1,
    .inputs_max = INT_MAX,
    .perform = perform_extract};
