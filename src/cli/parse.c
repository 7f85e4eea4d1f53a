/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line after the command: one row an option. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"

/* More threads than this are not started, whatever is asked for. */
#define JOBS_MAX 256

static bool usage(struct run *run, const char *format, ...)
{
    va_list arguments;
    fputs("iotsig: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (see iotsig %s --help)\n", run->command->name);
    run->status = EXIT_USAGE;
    return false;
}

static bool usage_error(struct run *run, const char *option, const struct iotsig_error *error)
{
    return usage(run, "--%s: %s", option, error->message);
}

static bool parse_timeout(struct run *run, const char *text)
{
    char *end;
    errno = 0;
    double seconds = strtod(text, &end);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || !isfinite(seconds) ||
        strpbrk(text, "xXpP") != NULL)
        return usage(run, "--timeout: not a number of seconds");
    const double most = 9e9; /* three centuries: what 64 bits of nanoseconds hold */
    run->settings.options.timeout_ns = (int64_t)(fmin(seconds, most) * 1e9 + 0.5);
    if (seconds > 0 && run->settings.options.timeout_ns == 0)
        run->settings.options.timeout_ns = 1;
    return true;
}

static bool parse_number(struct run *run, const char *option, const char *text, unsigned long least,
                         unsigned long most, unsigned long *value)
{
    char *end;
    errno = 0;
    *value = strtoul(text, &end, 10);
    if (isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0 && *value >= least &&
        *value <= most)
        return true;
    return usage(run,
                 most == ULONG_MAX ? "%s: not a number from %lu on"
                                   : "%s: not a number from %lu to %lu",
                 option, least, most);
}

static bool parse_u32(struct run *run, const char *option, const char *text, unsigned long least,
                      uint32_t most, uint32_t *to)
{
    unsigned long number;
    bool good = parse_number(run, option, text, least, most, &number);
    *to = (uint32_t)number;
    return good;
}

static bool parse_u16(struct run *run, const char *option, const char *text, uint16_t *to)
{
    unsigned long number;
    bool good = parse_number(run, option, text, 0, UINT16_MAX, &number);
    *to = (uint16_t)number;
    return good;
}

static bool parse_jobs(struct run *run, const char *text)
{
    unsigned long number;
    bool good = parse_number(run, "-j", text, 1, ULONG_MAX, &number);
    run->settings.jobs = number < JOBS_MAX ? (int)number : JOBS_MAX;
    return good;
}

static bool parse_progress(struct run *run, const char *text)
{
    static const char *const words[] = {"auto", "always", "never"};
    for (int i = 0; i < 3; i++)
        if (strcmp(text, words[i]) == 0) {
            run->settings.progress = (unsigned)i;
            return true;
        }
    return usage(run, "--progress: use auto, always or never");
}

static bool parse_probability(struct run *run, const char *text)
{
    struct iotsig_firewall_settings *firewall = &run->settings.firewall;
    char *end;
    errno = 0;
    firewall->has_drop_probability = true;
    firewall->drop_probability = strtod(text, &end);
    if (strspn(text, "0123456789.") == strlen(text) && end != text && *end == '\0' && errno == 0 &&
        firewall->drop_probability <= 1)
        return true;
    return usage(run, "--drop-probability: not a number from 0 to 1");
}

static bool parse_log(struct run *run, const char *text)
{
    static const char *const words[] = {
        [IOTSIG_LOG_NONE] = "none", [IOTSIG_LOG_CSV] = "csv", [IOTSIG_LOG_PCAP] = "pcap"};
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(text, words[i]) == 0) {
            run->settings.firewall.log = (enum iotsig_firewall_log)i;
            return true;
        }
    return usage(run, "--log: use none, csv or pcap");
}

static bool parse_firewall(struct run *run, int id, const char *text)
{
    struct iotsig_firewall_settings *firewall = &run->settings.firewall;
    switch (id) {
    case OPTION_QUEUE: return parse_u16(run, "--queue", text, &firewall->queue);
    case OPTION_RATE: return parse_u32(run, "--rate", text, 1, UINT32_MAX, &firewall->rate);
    case OPTION_LOG_GROUP: return parse_u16(run, "--log-group", text, &firewall->log_group);
    case OPTION_LOG: return parse_log(run, text);
    default: return parse_probability(run, text);
    }
}

static bool parse_evaluation(struct run *run, int id, const char *text)
{
    struct iotsig_evaluate_options *evaluate = &run->settings.evaluate;
    unsigned long seed;
    bool good;
    switch (id) {
    case OPTION_SEED:
        run->settings.seed_given = true;
        good = parse_number(run, "--seed", text, 0, ULONG_MAX, &seed);
        evaluate->seed = seed;
        return good;
    case OPTION_FOREIGN:
        return parse_u32(run, "--foreign", text, 0, UINT16_MAX, &evaluate->foreign);
    default:
        run->settings.folds_given = true;
        return parse_u32(run, "--folds", text, 2, UINT16_MAX, &evaluate->folds);
    }
}

static bool parse_share(struct run *run, const char *option, const char *text,
                        struct iotsig_ratio *share)
{
    struct iotsig_error error;
    if (!iotsig_ratio_parse(text, share))
        return usage(run, "--%s: not a share such as 9/10 or 0.9", option);
    return iotsig_learn_options_check(&run->settings.learn, &error) == 0 ||
           usage_error(run, option, &error);
}

/* Options that need the context are kept for later. */
struct later {
    const char *dns_table;
    struct {
        int id; /* of the option */
        const char *argument;
    } *items;
    int count;
    struct iotsig_settings context;
};

static void keep(struct later *later, int id, const char *argument)
{
    later->items[later->count].id = id;
    later->items[later->count++].argument = argument;
}

static const struct option_row *row_of(int id)
{
    const struct option_row *row = cli_options;
    while (row->id != id)
        row++;
    return row;
}

/* Keeps in mind what an option names that is to be read: a file, a folder, or @FILE. */
static void name_file(struct settings *settings, int id, const char *argument)
{
    if (id == OPTION_SAME_HOST && argument[0] == '@')
        settings->named[settings->named_count++] = argument + 1;
    else if (id != OPTION_OUTPUT && row_of(id)->kind == ARGUMENT_FILE)
        settings->named[settings->named_count++] = argument;
}

static bool parse_option(struct run *run, struct later *later, int id, const char *argument)
{
    struct settings *settings = &run->settings;
    struct iotsig_error error;
    enum iotsig_format format;

    settings->features_given |= id == OPTION_SELF || id == OPTION_FAMILIES;
    settings->learning_given |= id == OPTION_MIN_SUPPORT || id == OPTION_MIN_COVERAGE ||
                                id == OPTION_AGAINST || id == OPTION_SELF || id == OPTION_FAMILIES;

    switch (id) {
    case OPTION_TIMEOUT:
        settings->timeout_given = true;
        return parse_timeout(run, argument);
    case OPTION_FILTER:
        settings->options.filter = argument;
        return true;
    case OPTION_KEEP:
        if (iotsig_keep_parse(&settings->options.keep, argument, &error) != 0)
            return usage_error(run, "keep", &error);
        return true;
    case OPTION_LAYERS:
        if (iotsig_layers_parse(&settings->options.layers, argument, &error) != 0)
            return usage_error(run, "layers", &error);
        return true;
    case OPTION_DNS_TABLE:
        later->dns_table = argument;
        return true;
    case OPTION_SAME_HOST:
    case OPTION_SELECT + IOTSIG_SELECT_HOST:
    case OPTION_SELECT + IOTSIG_SELECT_PORT:
    case OPTION_SELECT + IOTSIG_SELECT_PROTOCOL:
    case OPTION_SELECT + IOTSIG_SELECT_ATTRIBUTE:
    case OPTION_SELECT + IOTSIG_SELECT_ID:
        keep(later, id, argument);
        return true;
    case OPTION_DEVICE:
        settings->profiles.device.name = argument;
        return true;
    case OPTION_MAC:
        settings->profiles.device.mac = argument;
        return true;
    case OPTION_IPV4:
        settings->profiles.device.ipv4 = argument;
        return true;
    case OPTION_IPV6:
        settings->profiles.device.ipv6 = argument;
        return true;
    case OPTION_PROFILE_FORMAT:
        settings->format = argument;
        if (strcmp(argument, "yaml") == 0 || strcmp(argument, "json") == 0 ||
            strcmp(argument, "mud") == 0)
            return true;
        return usage(run, "--format: a profile is yaml, json or mud");
    case OPTION_PAGE_FORMAT:
        return strcmp(argument, "html") == 0 || usage(run, "--format: a report is html");
    case OPTION_HOST_WORD:
        settings->hosts[settings->profiles.host_count++] = argument;
        return true;
    case OPTION_INCLUDE_ROOT:
        settings->profiles.include_root = argument;
        return true;
    case OPTION_LENIENT:
        settings->profiles.lenient = true;
        return true;
    case OPTION_FROM:
        settings->from_mud = true;
        return strcmp(argument, "mud") == 0 || usage(run, "--from: only mud is known");
    case OPTION_CHECK:
        settings->check = true;
        return true;
    case OPTION_EXPLAIN:
        settings->explain = true;
        return true;
    case OPTION_TEST:
    case OPTION_TEST_FOLDER:
        settings->tests[settings->test_count++] = argument;
        return true;
    case OPTION_DRY_RUN:
        settings->dry_run = true;
        return true;
    case OPTION_NO_CHECK:
        settings->no_check = true;
        return true;
    case OPTION_QUEUE:
    case OPTION_RATE:
    case OPTION_DROP_PROBABILITY:
    case OPTION_LOG:
    case OPTION_LOG_GROUP:
        return parse_firewall(run, id, argument);
    case OPTION_SELF:
        settings->features.self = argument;
        return iotsig_feature_options_check(&settings->features, &error) == 0 ||
               usage_error(run, "self", &error);
    case OPTION_FAMILIES:
        settings->features.families = argument;
        return iotsig_feature_options_check(&settings->features, &error) == 0 ||
               usage_error(run, "families", &error);
    case OPTION_GENERALISE:
        settings->generalise = true;
        return true;
    case OPTION_FOLDS:
    case OPTION_SEED:
    case OPTION_FOREIGN:
        return parse_evaluation(run, id, argument);
    case OPTION_MIN_SUPPORT:
        return parse_share(run, "min-support", argument, &settings->learn.min_support);
    case OPTION_MIN_COVERAGE:
        return parse_share(run, "min-coverage", argument, &settings->learn.min_coverage);
    case OPTION_AGAINST:
        settings->against[settings->against_count++] = argument;
        return true;
    case OPTION_SIGNATURES:
        settings->signatures[settings->signature_count++] = argument;
        return true;
    case OPTION_INVERT:
        settings->invert = true;
        return true;
    case OPTION_RANDOM_PORTS:
        settings->options.match_random_ports = true;
        return true;
    case OPTION_MAX_FLOWS:
        return parse_u32(run, "--max-flows", argument, 1, UINT32_MAX / 2,
                         &later->context.max_flows);
    case OPTION_JOBS:
        return parse_jobs(run, argument);
    case OPTION_NAME:
        settings->name = argument;
        return true;
    case OPTION_FORMAT:
        settings->format = argument;
        if (iotsig_format_parse(&format, argument, &error) != 0)
            return usage_error(run, "format", &error);
        if (format == IOTSIG_FORMAT_YAML)
            return usage(run, "--format: yaml is the format of profiles");
        if (format == IOTSIG_FORMAT_HTML && (run->command->groups & GROUP_EVALUATE) == 0)
            return usage(run, "--format: html is the format of reports and evaluations");
        return true;
    case OPTION_OUTPUT:
        settings->output = argument;
        return true;
    case OPTION_STRICT:
        settings->strict = true;
        return true;
    case OPTION_PROGRESS:
        return parse_progress(run, argument);
    case OPTION_INTERFACE:
        settings->interface = argument;
        return argument[0] != '\0' || usage(run, "-i: which interface?");
    case OPTION_FOLLOW:
        settings->follow = true;
        return true;
    case OPTION_MAX_DEVICES:
        return parse_u32(run, "--max-devices", argument, 1, UINT32_MAX / 2, &settings->max_devices);
    case OPTION_NO_SANDBOX:
        settings->no_sandbox = true;
        return true;
    case OPTION_QUIET:
        settings->quiet = true;
        return true;
    case OPTION_VERBOSE:
        settings->verbose = true;
        return true;
    default:
        return usage(run, "unknown option, or one without its argument");
    }
}

/* Options that say nothing beside others are refused, not ignored. */
static bool fits_together(struct run *run)
{
    const struct settings *settings = &run->settings;
    bool output = strcmp(settings->output, "-") != 0, test = settings->test_count > 0;
    if (settings->check && (output || settings->format != NULL))
        return usage(run, "--check writes nothing (leave --output and --format out)");
    if (settings->firewall.has_drop_probability && settings->firewall.rate > 0)
        return usage(run, "--rate and --drop-probability exclude each other");
    if ((run->command->groups & GROUP_SIGNATURES) != 0 && settings->signature_count == 0)
        return usage(run, "which signatures? (give --signatures DIR)");
    if (settings->interface != NULL && (settings->input_count > 0 || settings->follow))
        return usage(run, "-i is instead of inputs and --follow");
    if (settings->follow && settings->input_count != 1)
        return usage(run, "--follow is for one input");
    if ((run->command->groups & GROUP_FOLDER) != 0 && !output)
        return usage(run, "where to? (give -o DIR)");
    enum iotsig_format format;
    if ((run->command->groups & GROUP_REPORT) != 0 &&
        iotsig_format_of_path(&format, settings->output) && format != IOTSIG_FORMAT_HTML)
        return usage(run, "a report is html (give -o FILE.html)");
    if ((run->command->groups & GROUP_EXTRACT) != 0 && !settings->generalise &&
        settings->learning_given)
        return usage(run, "options of learning are for --generalise");
    if ((run->command->groups & GROUP_EVALUATE) != 0 && test && settings->folds_given)
        return usage(run, "--folds is for evaluating without --test");
    if ((run->command->groups & GROUP_EVALUATE) != 0 && test && settings->seed_given &&
        settings->evaluate.foreign == 0)
        return usage(run, "--seed has nothing to decide with --test (give --foreign)");
    if ((run->command->groups & GROUP_FIREWALL) == 0)
        return true;
    if (!output && !settings->dry_run && !settings->explain && !test)
        return usage(run, "what to do? (give -o DIR, --dry-run, --explain or --test CAPTURE)");
    if (settings->dry_run + settings->explain + test > 1)
        return usage(run, "give one of --dry-run, --explain, --test");
    if (settings->format != NULL && !test)
        return usage(run, "--format is the format of --test");
    return true;
}

static bool parse_all(struct run *run, struct later *later, int argc, char **argv)
{
    struct option options[OPTIONS_MAX + 1] = {{0}};
    size_t count = 0;
    for (const struct option_row *row = cli_options; row->name != NULL; row++)
        if (cli_option_applies(run->command, row) && count < OPTIONS_MAX)
            options[count++] = (struct option){
                row->name, row->argument != NULL ? required_argument : no_argument, NULL, row->id};

    int id;
    optind = 0; /* glibc: start over */
    opterr = 0;
    while ((id = getopt_long(argc, argv, ":o:j:i:qvh", options, NULL)) != -1) {
        if (id == OPTION_HELP) {
            cli_help_command(run->command);
            return false;
        }
        if (id == '?' && optopt > 0 && optopt < OPTION_TIMEOUT)
            return usage(run, "unknown option -%c", optopt);
        if (id == '?' || id == ':')
            return usage(run, id == '?' ? "unknown option %s" : "%s needs an argument",
                         argv[optind - 1]);
        if (!parse_option(run, later, id, optarg))
            return false;
        name_file(&run->settings, id, optarg);
    }
    while (optind < argc)
        run->settings.inputs[run->settings.input_count++] = argv[optind++];
    if (run->settings.input_count == 0 && run->settings.interface == NULL)
        return usage(run, "no input (give %s)", run->command->arguments);
    if (!fits_together(run))
        return false;
    if (run->settings.input_count < run->command->inputs_min ||
        run->settings.input_count > run->command->inputs_max)
        return usage(run, "%d inputs (give %s)", run->settings.input_count,
                     run->command->arguments);
    return true;
}

static int add_same_host(struct run *run, const char *argument, struct iotsig_error *error)
{
    int status = 0;
    if (run->same_hosts == NULL)
        status = iotsig_same_hosts_new(&run->same_hosts, run->context, error);
    return status != 0 ? status : iotsig_same_hosts_add(run->same_hosts, argument, error);
}

static int add_selection(struct run *run, int id, const char *argument,
                         struct iotsig_error *error)
{
    int status = 0;
    if (run->selection == NULL)
        status = iotsig_selection_new(&run->selection, run->context, error);
    return status != 0 ? status
                       : iotsig_selection_add(run->selection,
                                              (enum iotsig_select_by)(id - OPTION_SELECT), argument,
                                              error);
}

static bool make_context(struct run *run, const struct later *later)
{
    struct iotsig_error error;
    run->context_settings = later->context; /* for the contexts of threads */
    if (iotsig_context_new(&run->context, &later->context, &error) == 0)
        return true;
    cli_fail(run, &error);
    return false;
}

/* Makes what options need the context for. */
static bool prepare(struct run *run, const struct later *later)
{
    struct iotsig_options *options = &run->settings.options;
    struct iotsig_error error;

    int status = 0;
    for (int i = 0; status == 0 && i < later->count; i++) {
        int id = later->items[i].id;
        status = id == OPTION_SAME_HOST
                     ? add_same_host(run, later->items[i].argument, &error)
                     : add_selection(run, id, later->items[i].argument, &error);
        if (status == IOTSIG_ERR_ARGUMENT)
            return usage_error(run, row_of(id)->name, &error);
    }
    if (status == 0 && later->dns_table != NULL &&
        (status = iotsig_names_new(&run->names, run->context, &error)) == 0)
        status = iotsig_names_load(run->names, later->dns_table, &error);
    if (status != 0) {
        cli_fail(run, &error);
        return false;
    }
    options->same_hosts = run->same_hosts;
    options->names = run->names;
    options->progress = cli_progress;
    options->user = run;
    run->progress.wanted =
        run->settings.progress == PROGRESS_ALWAYS ||
        (run->settings.progress == PROGRESS_AUTO && isatty(STDERR_FILENO) == 1);
    return true;
}

/* Each list has room for all words, in one piece of memory, which begins with the inputs. */
static bool make_lists(struct settings *settings, size_t room)
{
    const char ***const lists[] = {&settings->inputs,  &settings->hosts,      &settings->tests,
                                   &settings->against, &settings->signatures, &settings->named};
    const size_t count = sizeof lists / sizeof *lists;
    const char **words = calloc(count * room, sizeof *words);
    for (size_t i = 0; words != NULL && i < count; i++)
        *lists[i] = words + i * room;
    settings->profiles.hosts = settings->hosts;
    return words != NULL;
}

bool cli_parse(struct run *run, int argc, char **argv)
{
    const struct iotsig_options defaults = IOTSIG_OPTIONS_DEFAULT;
    const struct iotsig_learn_options learn = IOTSIG_LEARN_DEFAULT;
    const struct iotsig_evaluate_options evaluate = IOTSIG_EVALUATE_DEFAULT;
    struct later later = {.context = run->context_settings};
    bool done = false;
    run->settings.options = defaults;
    run->settings.learn = learn;
    run->settings.evaluate = evaluate;
    run->settings.output = "-";
    run->settings.jobs = 1;
    later.items = calloc((size_t)argc + 1, sizeof *later.items);
    if (later.items == NULL || !make_lists(&run->settings, (size_t)argc + 1))
        cli_fail_memory(run);
    else
        done = parse_all(run, &later, argc, argv) && make_context(run, &later) &&
               cli_open_live(run) && cli_confine(run) && prepare(run, &later);
    /* Features are of whole captures, unless somebody says otherwise. */
    bool features = (run->command->groups & (GROUP_FEATURES | GROUP_REPORT)) != 0 &&
                    ((run->command->groups & GROUP_EXTRACT) == 0 || run->settings.generalise);
    if (features && !run->settings.timeout_given)
        run->settings.options.timeout_ns = 0;
    free(later.items);
    return done;
}
