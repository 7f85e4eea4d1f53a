/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands about policies: profile, firewall. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

/* What the inputs held: profiles, flows and learned signatures of a device. */
struct inputs {
    struct iotsig_profiles *profiles;
    struct iotsig_patterns *patterns;
    struct iotsig_library *library; /* learned signatures */
};

static void tell_problem(void *user, const struct iotsig_error *problem, bool warning)
{
    struct run *run = user;
    if (warning)
        cli_warn(run, problem);
    else
        cli_fail(run, problem);
}

static void read_mud(struct run *run, struct inputs *inputs, int input)
{
    struct iotsig_error error;
    if (iotsig_profiles_read_mud(inputs->profiles, run->settings.inputs[input], &error) != 0)
        cli_fail(run, &error);
}

static bool needs_device(struct run *run)
{
    const struct iotsig_device *device = &run->settings.profiles.device;
    if (device->name != NULL && (device->ipv4 != NULL || device->ipv6 != NULL))
        return true;
    cli_fail_at(run, IOTSIG_ERR_ARGUMENT, NULL,
                "whose flows are they? (give --device, and --ipv4 or --ipv6)");
    return false;
}

/* Makes learned signatures a profile. */
static bool add_learned(struct run *run, struct inputs *inputs)
{
    struct iotsig_error error;
    if (iotsig_library_count(inputs->library) == 0)
        return true;
    if (!needs_device(run))
        return false;
    if (iotsig_profiles_add_learned(inputs->profiles, inputs->library, &error) == 0)
        return !cli_is_over(run);
    cli_fail(run, &error);
    return false;
}

/* Reads all inputs; false when the run is over. */
static bool read_inputs(struct run *run, struct inputs *inputs)
{
    struct iotsig_error error;
    struct settings *settings = &run->settings;
    *inputs = (struct inputs){0};
    settings->profiles.problem = tell_problem;
    settings->profiles.user = run;
    if (iotsig_profiles_new(&inputs->profiles, run->context, &settings->profiles, &error) != 0) {
        cli_fail(run, &error);
        return false;
    }
    inputs->patterns = cli_new_patterns(run, false);
    if (inputs->patterns == NULL)
        return false;
    if (iotsig_library_new(&inputs->library, run->context, &error) != 0) {
        cli_fail(run, &error);
        return false;
    }
    iotsig_patterns_set_library(inputs->patterns, inputs->library);
    iotsig_patterns_set_profiles(inputs->patterns, inputs->profiles);
    for (int i = 0; i < settings->input_count && !cli_is_over(run); i++) {
        if (settings->from_mud)
            read_mud(run, inputs, i);
        else
            cli_read_input(run, inputs->patterns, i);
    }
    return !cli_is_over(run) && add_learned(run, inputs);
}

static void free_inputs(struct inputs *inputs)
{
    iotsig_profiles_free(inputs->profiles);
    iotsig_patterns_free(inputs->patterns);
    iotsig_library_free(inputs->library);
}

/* Makes the flows a profile too. */
static bool add_flows(struct run *run, struct inputs *inputs)
{
    struct iotsig_error error;
    if (iotsig_patterns_count(inputs->patterns) == 0)
        return true;
    if (!needs_device(run))
        return false;
    if (iotsig_profiles_add(inputs->profiles, inputs->patterns, &error) == 0)
        return !cli_is_over(run);
    cli_fail(run, &error);
    return false;
}

/* profile */

/* Says with -v what the policies do not hold. */
static void note_losses(struct run *run, const struct iotsig_patterns *patterns)
{
    for (size_t i = 0; i < iotsig_patterns_count(patterns); i++) {
        const struct iotsig_pattern *pattern = iotsig_patterns_get(patterns, i);
        unsigned losses = 0;
        for (size_t j = 0; j < iotsig_pattern_count(pattern); j++)
            losses |= iotsig_policy_losses(pattern, j, run->same_hosts);
        for (unsigned loss = 1; iotsig_policy_loss_text((enum iotsig_policy_loss)loss) != NULL;
             loss <<= 1)
            if ((losses & loss) != 0)
                cli_note(run, "policies do not hold: %s",
                         iotsig_policy_loss_text((enum iotsig_policy_loss)loss));
    }
}

static int write_profile(struct run *run, struct inputs *inputs, bool mud,
                         struct iotsig_error *error)
{
    if (mud)
        return iotsig_profiles_write_mud(inputs->profiles, run->output, error);
    if (iotsig_profiles_count(inputs->profiles) > 0)
        return iotsig_profiles_write(inputs->profiles, run->output, &run->style, error);
    return iotsig_profile_write(inputs->patterns, &run->settings.profiles.device, run->output,
                                &run->style, error);
}

/* Whether the inputs are one profile, or flows. */
static bool is_one_profile(struct run *run, const struct inputs *inputs)
{
    size_t profiles = iotsig_profiles_count(inputs->profiles),
           patterns = iotsig_patterns_count(inputs->patterns);
    if (profiles + (patterns > 0) <= 1)
        return true;
    cli_fail_at(run, IOTSIG_ERR_ARGUMENT, NULL,
                "a profile is one device's (give one profile, or flows of one device)");
    return false;
}

static void output_profile(struct run *run, struct inputs *inputs)
{
    struct iotsig_error error;
    struct settings *settings = &run->settings;
    enum iotsig_format by_ending;
    bool mud = settings->format != NULL && strcmp(settings->format, "mud") == 0;
    bool flows = iotsig_profiles_count(inputs->profiles) == 0;
    bool nothing = flows && iotsig_patterns_count(inputs->patterns) == 0;
    if (nothing && (mud || settings->from_mud)) /* it could not be read, which has been told */
        return;
    if (!is_one_profile(run, inputs) || (flows && !needs_device(run)) ||
        (mud && !add_flows(run, inputs)))
        return;
    if (mud)
        settings->format = "json";
    else if (settings->format == NULL && !iotsig_format_of_path(&by_ending, settings->output))
        settings->format = "yaml";
    if (!cli_open_output(run))
        return;
    note_losses(run, inputs->patterns);
    if (write_profile(run, inputs, mud, &error) != 0) {
        cli_fail(run, &error);
        iotsig_output_free(run->output);
        run->output = NULL;
    } else {
        cli_close_output(run);
    }
    if (flows)
        cli_raise_if_empty(run, inputs->patterns);
    else if (iotsig_profiles_policies(inputs->profiles) == 0)
        cli_raise(run, EXIT_NOTHING);
}

static void perform_profile(struct run *run)
{
    struct inputs inputs;
    run->settings.profiles.words_open = !run->settings.check;
    if (read_inputs(run, &inputs)) {
        if (!run->settings.check)
            output_profile(run, &inputs);
        else if (add_flows(run, &inputs))
            cli_note(run, "%zu policies, %zu problems", iotsig_profiles_policies(inputs.profiles),
                     iotsig_profiles_problems(inputs.profiles));
    }
    free_inputs(&inputs);
}

const struct command command_profile = {
    .name = "profile",
    .arguments = "INPUT...",
    .summary = "print the flows of a device as policies, for a person to read and edit",
    .description =
        "Reads signatures, patterns or captures, and prints the profile of a device: a policy for\n"
        "each flow, which holds its protocols, hosts, fixed ports, and what the application says.\n"
        "Or reads a profile or a MUD file, and prints it with its includes put in, or checks it.\n",
    .groups = GROUP_CAPTURES | GROUP_MATCH | GROUP_DEVICE | GROUP_PROFILE,
    .needs = NEEDS_INCLUDES,
    .inputs_min = 1,
    .inputs_max = INT_MAX,
    .perform = perform_profile};

/* firewall */

static void print_files(struct run *run, const struct iotsig_firewall *firewall)
{
    struct iotsig_error error;
    bool several = false;
    for (unsigned i = 0; i < IOTSIG_FILE_COUNT; i++) {
        enum iotsig_firewall_file file = (enum iotsig_firewall_file)i;
        const char *name = iotsig_firewall_file_name(firewall, file);
        if (name == NULL)
            continue;
        char title[64];
        int n = snprintf(title, sizeof title, "%s==> %s <==\n", several ? "\n" : "", name);
        iotsig_output_put(run->output, title, (size_t)n);
        several = true;
        if (iotsig_firewall_print(firewall, file, run->output, &error) != 0) {
            cli_fail(run, &error);
            return;
        }
    }
}

/* What is asked for on standard output, or in a file. */
static void output_firewall(struct run *run, struct iotsig_firewall *firewall)
{
    struct iotsig_error error;
    if (run->settings.dry_run) /* -o names the folder that is not written */
        run->settings.output = "-";
    if (!cli_open_output(run))
        return;
    if (run->settings.dry_run)
        print_files(run, firewall);
    else if (iotsig_firewall_explain(firewall, run->output, &error) != 0)
        cli_fail(run, &error);
    cli_close_output(run);
}

static void try_capture(struct run *run, struct iotsig_trial *trial, const char *path)
{
    struct iotsig_error warning, error;
    int status = iotsig_trial_read(trial, path, &run->settings.options, &warning, &error);
    if (status != 0)
        cli_fail(run, &error);
    else if (warning.message[0] != '\0')
        cli_warn(run, &warning);
    cli_progress_clear(run);
}

/* What the firewall would drop of captures. */
static void try_firewall(struct run *run, const struct iotsig_firewall *firewall)
{
    struct iotsig_error error;
    struct iotsig_trial *trial;
    uint64_t packets;
    if (iotsig_trial_new(&trial, firewall, run->names, &error) != 0) {
        cli_fail(run, &error);
        return;
    }
    for (int i = 0; i < run->settings.test_count && !cli_is_over(run); i++)
        try_capture(run, trial, run->settings.tests[i]);
    if (!cli_is_over(run) && cli_open_output(run)) {
        if (iotsig_trial_write(trial, run->output, &run->style, &error) != 0)
            cli_fail(run, &error);
        cli_close_output(run);
    }
    iotsig_trial_totals(trial, &packets, NULL);
    if (packets == 0)
        cli_raise(run, EXIT_NOTHING);
    iotsig_trial_free(trial);
}

static void check_firewall(struct run *run, const struct iotsig_firewall *firewall)
{
    struct iotsig_error error;
    int status = run->settings.no_check ? 0 : iotsig_firewall_check(firewall, &error);
    if (status == IOTSIG_ERR_UNSUPPORTED)
        cli_warn(run, &error);
    else if (status != 0)
        cli_fail(run, &error);
}

static void use_firewall(struct run *run, struct iotsig_firewall *firewall)
{
    struct iotsig_error error;
    const struct settings *settings = &run->settings;
    if (!settings->explain && settings->test_count == 0)
        check_firewall(run, firewall);
    if (run->status != EXIT_DONE)
        return;
    if (settings->test_count > 0)
        try_firewall(run, firewall);
    else if (settings->dry_run || settings->explain)
        output_firewall(run, firewall);
    else if (iotsig_firewall_write(firewall, settings->output, &error) != 0)
        cli_fail(run, &error);
}

static void perform_firewall(struct run *run)
{
    struct inputs inputs;
    struct iotsig_error error;
    struct iotsig_firewall *firewall = NULL;
    struct settings *settings = &run->settings;
    settings->firewall.name = settings->name;
    /* A firewall of some policies only would let through what the others block. */
    if (read_inputs(run, &inputs) && add_flows(run, &inputs) && run->status == EXIT_DONE) {
        if (iotsig_firewall_new(&firewall, inputs.profiles, &settings->firewall, &error) != 0)
            cli_fail(run, &error);
        else
            use_firewall(run, firewall);
    }
    iotsig_firewall_free(firewall);
    free_inputs(&inputs);
}

const struct command command_firewall = {
    .name = "firewall",
    .arguments = "INPUT...",
    .summary = "make a firewall that blocks what profiles or signatures say",
    .description =
        "Reads profiles, or the signatures of a device, and writes a folder: rules for nftables, "
        "a\n"
        "program for what nftables cannot decide, and how to load them. Or explains the rules, or\n"
        "tells what they would drop of a capture.\n",
    .groups =
        GROUP_CAPTURES | GROUP_MATCH | GROUP_NAME | GROUP_DEVICE | GROUP_FORMAT | GROUP_FIREWALL,
    .needs = NEEDS_INCLUDES | NEEDS_FOLDER | NEEDS_NFTABLES,
    .inputs_min = 1,
    .inputs_max = INT_MAX,
    .perform = perform_firewall};
