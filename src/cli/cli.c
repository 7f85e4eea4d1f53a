/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "cli/cli.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct command *const cli_commands[] = {&command_packets, &command_flows, &command_features, &command_extract,
                                              &command_learn, &command_identify, &command_detect, &command_evaluate, &command_library,
                                              &command_compare, &command_closest, &command_merge,
                                              &command_filter,  &command_convert, &command_profile, &command_firewall,
                                              &command_report,
                                              NULL};

static void help(FILE *to)
{
    fputs("usage: iotsig COMMAND [options] INPUT...\n"
          "\n"
          "Learns what an event of an IoT device looks like on the network.\n"
          "\n"
          "commands:\n",
          to);
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        fprintf(to, "  %-10s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    fputs("  completion the script that makes bash, zsh or fish complete all this\n"
          "  help       this text, or that of a command\n"
          "\n"
          "iotsig COMMAND --help tells the options of a command; the manual is iotsig(1).\n",
          to);
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; cli_commands[i] != NULL; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}

/* Text that was promised to standard output. */
static int finish_output(int status)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? status : EXIT_OUTPUT;
}

static int help_about(const char *name)
{
    const struct command *command = find(name);
    if (strcmp(name, "completion") == 0) {
        puts("usage: iotsig completion bash|zsh|fish\n\n"
             "Prints the script that makes a shell complete commands, options and their words.");
        return finish_output(EXIT_DONE);
    }
    if (strcmp(name, "help") == 0) {
        help(stdout);
        return finish_output(EXIT_DONE);
    }
    if (command == NULL) {
        fprintf(stderr, "iotsig: no such command (iotsig help lists them)\n");
        return EXIT_USAGE;
    }
    cli_help_command(command);
    return finish_output(EXIT_DONE);
}

static int complete(const char *shell)
{
    if (shell == NULL || !cli_complete(shell)) {
        fputs("iotsig: completion is for one of bash, zsh, fish\n", stderr);
        return EXIT_USAGE;
    }
    return finish_output(EXIT_DONE);
}

static int perform(const struct command *command, int argc, char **argv,
                   const struct iotsig_allocator *allocator)
{
    struct run run = {.command = command, .own_process = allocator == NULL};
    if (allocator != NULL)
        run.context_settings.allocator = *allocator;
    if (cli_parse(&run, argc, argv)) {
        cli_catch_signals(run.context);
        command->perform(&run);
    }
    iotsig_output_free(run.output);
    iotsig_capture_close(run.live);
    iotsig_names_free(run.names);
    iotsig_same_hosts_free(run.same_hosts);
    iotsig_selection_free(run.selection);
    cli_leave_signals();
    iotsig_context_free(run.context);
    free(run.settings.inputs); /* and all other lists */
    return finish_output(run.status);
}

int iotsig_cli(int argc, char **argv, const struct iotsig_allocator *allocator)
{
    /* A write answers EPIPE then, which ends the run quietly, or EFBIG. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0 || strcmp(word, "version") == 0) {
        printf("iotsig %s\n", iotsig_version());
        return finish_output(EXIT_DONE);
    }
    if (strcmp(word, "completion") == 0 && argc == 3 &&
        (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0))
        return help_about(word);
    if (strcmp(word, "completion") == 0)
        return complete(argc == 3 ? argv[2] : NULL);
    if (strcmp(word, "help") == 0 && argc > 2)
        return help_about(argv[2]);
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        help(stdout);
        return finish_output(EXIT_DONE);
    }
    const struct command *command = find(word);
    if (command == NULL) {
        fputs("iotsig: no such command (iotsig help lists them)\n", stderr);
        return EXIT_USAGE;
    }
    return perform(command, argc - 1, argv + 1, allocator);
}
