/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/options.h"

#include <stdio.h>

#define FAMILIES "flow name link dhcp content agent vendor length"

/* clang-format off */
const struct option_row cli_options[] = {
    {"timeout", "SECONDS", "a longer pause ends the event (default 20, of features 0: none does)",
     OPTION_TIMEOUT, GROUP_CAPTURES, ARGUMENT_TEXT, NULL},
    {"filter", "BPF", "read only the packets of a pcap-filter(7) expression", OPTION_FILTER, GROUP_CAPTURES | GROUP_STREAM, ARGUMENT_TEXT, NULL},
    {"keep", "LIST", "keep what is skipped: dhcp, router-alert, dhcpv6, handshake, ack, syn",
     OPTION_KEEP, GROUP_CAPTURES, ARGUMENT_WORDS,
     "dhcp router-alert dhcpv6 handshake ack syn"},
    {"layers", "LIST", "application layers to read beside: tls, quic, mqtt, ..., all",
     OPTION_LAYERS, GROUP_CAPTURES, ARGUMENT_WORDS,
     "tls quic mqtt tplink edimax tuya matter mdns ntp all"},
    {"dns-table", "FILE", "names known beforehand: JSON, or an Unbound dump_cache",
     OPTION_DNS_TABLE, GROUP_CAPTURES | GROUP_STREAM, ARGUMENT_FILE, NULL},
    {"same-host", "A=B", "two hosts that are the same; @FILE: lines A=B (repeatable)",
     OPTION_SAME_HOST, GROUP_CAPTURES | GROUP_MATCH, ARGUMENT_TEXT, NULL},
    {"match-random-ports", NULL, "a port that all packets of a fingerprint use is fixed",
     OPTION_RANDOM_PORTS, GROUP_CAPTURES | GROUP_MATCH, ARGUMENT_NONE, NULL},
    {"max-flows", "N", "the most flows, and names, that an input may need (default 4194304)",
     OPTION_MAX_FLOWS, GROUP_CAPTURES, ARGUMENT_TEXT, NULL},
    {"interface", "IFACE", "capture on this network interface; as root, which is given up then",
     OPTION_INTERFACE, GROUP_STREAM, ARGUMENT_TEXT, NULL},
    {"follow", NULL, "the input grows: wait for more at its end", OPTION_FOLLOW, GROUP_STREAM, ARGUMENT_NONE, NULL},
    {"max-devices", "N", "devices that are followed at a time (default 1024)",
     OPTION_MAX_DEVICES, GROUP_STREAM, ARGUMENT_TEXT, NULL},
    {"max-flows", "N", "flows, features, and names that are kept (default 65536)",
     OPTION_MAX_FLOWS, GROUP_STREAM, ARGUMENT_TEXT, NULL},
    {"jobs", "N", "threads that read captures for features, and evaluate (default 1)", OPTION_JOBS, GROUP_ALL, ARGUMENT_TEXT, NULL},
    {"name", "NAME", "what the result is called (default: the common folder, or the stem)",
     OPTION_NAME, GROUP_NAME, ARGUMENT_TEXT, NULL},
    {"self", "ADDRESS", "the device: its hardware or IP address (default: it is found)",
     OPTION_SELF, GROUP_FEATURES | GROUP_REPORT, ARGUMENT_TEXT, NULL},
    {"self", "ADDRESS", "look at this device only: its hardware or IP address",
     OPTION_SELF, GROUP_STREAM, ARGUMENT_TEXT, NULL},
    {"families", "LIST", "families of features (default: all but agent)", OPTION_FAMILIES, GROUP_FEATURES, ARGUMENT_WORDS,
     FAMILIES},
    {"families", "LIST", "families of features (default: those of the signatures)",
     OPTION_FAMILIES, GROUP_REPORT | GROUP_STREAM, ARGUMENT_WORDS,
     FAMILIES},
    {"generalise", NULL, "learn the signature from features; the options of learn are of it",
     OPTION_GENERALISE, GROUP_EXTRACT, ARGUMENT_NONE, NULL},
    {"min-support", "SHARE", "of an event's captures, that a mandatory feature is in (default 9/10)",
     OPTION_MIN_SUPPORT, GROUP_LEARN, ARGUMENT_TEXT, NULL},
    {"min-coverage", "SHARE", "of a signature's weight, from which it matches (default 9/10)",
     OPTION_MIN_COVERAGE, GROUP_LEARN, ARGUMENT_TEXT, NULL},
    {"against", "PATH", "a capture, or a folder of them, that is of no event here (repeatable)",
     OPTION_AGAINST, GROUP_LEARN, ARGUMENT_FILE, NULL},
    {"test", "DIR", "test with DIR/EVENT/CAPTURE, learn from the others (repeatable)",
     OPTION_TEST_FOLDER, GROUP_EVALUATE, ARGUMENT_FILE, NULL},
    {"folds", "N", "test with an N-th of the captures at a time (default 5)", OPTION_FOLDS, GROUP_EVALUATE, ARGUMENT_TEXT, NULL},
    {"seed", "N", "by which captures are dealt out (default 1)", OPTION_SEED, GROUP_EVALUATE, ARGUMENT_TEXT, NULL},
    {"foreign", "N", "say of N captures of other events that they are of each, too (default 0)",
     OPTION_FOREIGN, GROUP_EVALUATE, ARGUMENT_TEXT, NULL},
    {"signatures", "PATH", "learned signatures: a file, or a folder of them (repeatable)",
     OPTION_SIGNATURES, GROUP_SIGNATURES, ARGUMENT_FILE, NULL},
    {"host", "HOST", "flows of this host; *.example.com: of any name below (repeatable)",
     OPTION_SELECT + IOTSIG_SELECT_HOST, GROUP_SELECT, ARGUMENT_TEXT, NULL},
    {"port", "PORT", "flows with this port (repeatable)", OPTION_SELECT + IOTSIG_SELECT_PORT, GROUP_SELECT, ARGUMENT_TEXT, NULL},
    {"protocol", "NAME", "flows of ipv4, ipv6, tcp, udp, dns, mdns, http, ... (repeatable)",
     OPTION_SELECT + IOTSIG_SELECT_PROTOCOL, GROUP_SELECT, ARGUMENT_WORDS,
     "ipv4 ipv6 tcp udp dns mdns http ssdp coap dhcp tls quic mqtt tp-link edimax tuya matter dns-sd ntp"},
    {"attribute", "NAME=VALUE", "flows whose application has this; NAME: any value (repeatable)",
     OPTION_SELECT + IOTSIG_SELECT_ATTRIBUTE, GROUP_SELECT, ARGUMENT_TEXT, NULL},
    {"id", "ID", "the flow with this identifier (repeatable)", OPTION_SELECT + IOTSIG_SELECT_ID, GROUP_SELECT, ARGUMENT_TEXT, NULL},
    {"invert", NULL, "all flows but these", OPTION_INVERT, GROUP_SELECT, ARGUMENT_NONE, NULL},
    {"device", "NAME", "the name of the device", OPTION_DEVICE, GROUP_DEVICE, ARGUMENT_TEXT, NULL},
    {"mac", "MAC", "its hardware address", OPTION_MAC, GROUP_DEVICE, ARGUMENT_TEXT, NULL},
    {"ipv4", "ADDRESS", "its IPv4 address, which policies call self", OPTION_IPV4, GROUP_DEVICE, ARGUMENT_TEXT, NULL},
    {"ipv6", "ADDRESS", "its IPv6 address, likewise", OPTION_IPV6, GROUP_DEVICE, ARGUMENT_TEXT, NULL},
    {"host", "WORD=ADDRESS", "what a host word such as gateway stands for (repeatable)",
     OPTION_HOST_WORD, GROUP_DEVICE, ARGUMENT_TEXT, NULL},
    {"include-root", "DIR", "files that !include names lie below DIR (default: above the profile's)",
     OPTION_INCLUDE_ROOT, GROUP_DEVICE, ARGUMENT_FILE, NULL},
    {"lenient", NULL, "leave out a policy with what is not known, with a warning",
     OPTION_LENIENT, GROUP_DEVICE, ARGUMENT_NONE, NULL},
    {"from", "FORMAT", "the inputs are mud: RFC 8520 files", OPTION_FROM, GROUP_DEVICE, ARGUMENT_WORDS,
     "mud"},
    {"check", NULL, "write nothing, and list all that is wrong", OPTION_CHECK, GROUP_PROFILE, ARGUMENT_NONE, NULL},
    {"format", "FORMAT", "yaml, json or mud (RFC 8520; default: yaml)", OPTION_PROFILE_FORMAT, GROUP_PROFILE, ARGUMENT_WORDS,
     "yaml json mud"},
    {"dry-run", NULL, "print the files instead of writing them", OPTION_DRY_RUN, GROUP_FIREWALL, ARGUMENT_NONE, NULL},
    {"explain", NULL, "say in plain words what each rule blocks", OPTION_EXPLAIN, GROUP_FIREWALL, ARGUMENT_NONE, NULL},
    {"test", "CAPTURE", "count what the policies would drop of a capture (repeatable)",
     OPTION_TEST, GROUP_FIREWALL, ARGUMENT_FILE, NULL},
    {"queue", "N", "the number of the first queue (default 0)", OPTION_QUEUE, GROUP_FIREWALL, ARGUMENT_TEXT, NULL},
    {"rate", "N", "let N packets a second pass, of policies that give no rate", OPTION_RATE, GROUP_FIREWALL, ARGUMENT_TEXT, NULL},
    {"drop-probability", "P", "drop packets with probability P, 0 to 1 (default 1)",
     OPTION_DROP_PROBABILITY, GROUP_FIREWALL, ARGUMENT_TEXT, NULL},
    {"log", "WHAT", "log what rules match: none, csv, pcap (default: none)", OPTION_LOG, GROUP_FIREWALL, ARGUMENT_WORDS,
     "none csv pcap"},
    {"log-group", "N", "the group that is logged to (default 0)", OPTION_LOG_GROUP, GROUP_FIREWALL, ARGUMENT_TEXT, NULL},
    {"no-check", NULL, "do not have nftables check the rules", OPTION_NO_CHECK, GROUP_FIREWALL, ARGUMENT_NONE, NULL},
    {"format", "FORMAT", "text, csv, json, jsonl (default: text on a terminal, else json)",
     OPTION_FORMAT, GROUP_FORMAT, ARGUMENT_WORDS,
     "text csv json jsonl"},
    {"format", "FORMAT", "html, which a report is", OPTION_PAGE_FORMAT, GROUP_REPORT, ARGUMENT_WORDS,
     "html"},
    {"format", "FORMAT", "text, csv, json, jsonl, html (default: text on a terminal, else json)",
     OPTION_FORMAT, GROUP_EVALUATE, ARGUMENT_WORDS,
     "text csv json jsonl html"},
    {"output", "FILE", "write to FILE, whole or not at all; its ending chooses the format",
     OPTION_OUTPUT, GROUP_ALL, ARGUMENT_FILE, NULL},
    {"strict", NULL, "stop at the first bad input, and write nothing", OPTION_STRICT, GROUP_ALL, ARGUMENT_NONE, NULL},
    {"progress", "WHEN", "a progress line: auto (on a terminal, after a second), always, never",
     OPTION_PROGRESS, GROUP_ALL, ARGUMENT_WORDS,
     "auto always never"},
    {"no-sandbox", NULL, "keep rights that the command line does not need", OPTION_NO_SANDBOX, GROUP_ALL, ARGUMENT_NONE, NULL},
    {"quiet", NULL, "no warnings", OPTION_QUIET, GROUP_ALL, ARGUMENT_NONE, NULL},
    {"verbose", NULL, "say what each input held", OPTION_VERBOSE, GROUP_ALL, ARGUMENT_NONE, NULL},
    {"help", NULL, "this text", OPTION_HELP, GROUP_ALL, ARGUMENT_NONE, NULL},
    {NULL, NULL, NULL, 0, 0, ARGUMENT_NONE, NULL},
};
/* clang-format on */

bool cli_option_applies(const struct command *command, const struct option_row *row)
{
    return (row->groups & (command->groups | GROUP_ALL)) != 0;
}

void cli_help_command(const struct command *command)
{
    printf("usage: iotsig %s [options] %s\n\n%s\noptions:\n", command->name, command->arguments,
           command->description);
    for (const struct option_row *row = cli_options; row->name != NULL; row++) {
        char left[40];
        if (!cli_option_applies(command, row))
            continue;
        bool letter = row->id < 256;
        snprintf(left, sizeof left, "%c%c%s--%s%s%s", letter ? '-' : ' ',
                 letter ? (char)row->id : ' ', letter ? ", " : "  ", row->name,
                 row->argument != NULL ? " " : "",
                 row->argument != NULL ? row->argument : "");
        printf("  %-28s %s\n", left, row->help);
    }
    printf("\nThe manual is iotsig-%s(1).\n", command->name);
}
