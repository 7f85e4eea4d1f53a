/* SPDX-License-Identifier: GPL-3.0-or-later */
/* README.txt: how the files of a firewall are used. */
#include "base/output.h"
#include "translate/rule.h"

static void put_for_tables(const struct iotsig_firewall *firewall, const char *command,
                           struct iotsig_output *output)
{
    for (size_t i = 0; i < firewall->table_count; i++) {
        put_string(output, "    nft ");
        put_string(output, command);
        put_string(output, " table bridge ");
        put_string(output, firewall->tables[i].name);
        put_string(output, "\n");
    }
}

static void put_queues(const struct iotsig_firewall *firewall, struct iotsig_output *output)
{
    put_string(
        output,
        "\n"
        "The program of the queues\n"
        "\n"
        "Some policies look into packets, or name hosts by their domain names. nftables hands "
        "these\n"
        "packets to queues, and a program decides about them: nfqueues.c. It is built with the "
        "runtime\n"
        "of firewall-blocklist and its protocol parsers; their folders are named to CMake:\n"
        "\n"
        "    cmake -S . -B build -D BIN_DIR=... -D INCLUDE_DIR=... -D INCLUDE_PARSERS_DIR=...\n"
        "    cmake --build build\n"
        "\n"
        "Start it as root before the rules are loaded:\n"
        "\n"
        "    ");
    put_string(output, firewall->name);
    put_string(
        output,
        "\n"
        "\n"
        "Without it nothing reads the queues, and every packet that goes to one is dropped. Built "
        "with\n"
        "-D CMAKE_C_FLAGS=-DLOG it prints a line for each packet: hash, time, policy, verdict.\n"
        "\n"
        "Queue   policies\n");
    for (size_t i = 0; i < firewall->table_count; i++)
        for (size_t j = 0; j < firewall->tables[i].count; j++) {
            const struct rule *rule = &firewall->tables[i].rules[j];
            char name[NFT_NAME_ROOM];
            if (rule->verdict != VERDICT_QUEUE)
                continue;
            iotsig_put_number(output, rule->queue);
            put_string(output, "\t");
            if (rule->count == 0)
                put_string(output, "answers of name servers, for the addresses of names");
            for (size_t k = 0; k < rule->count; k++) {
                iotsig_plain_name(name, sizeof name, rule->ways[k]->name, " _.:/-");
                put_string(output, k == 0 ? "" : ", ");
                put_string(output, name);
            }
            put_string(output, "\n");
        }
}

int iotsig_readme_print(const struct iotsig_firewall *firewall, struct iotsig_output *output,
                        struct iotsig_error *error)
{
    put_string(output, "A firewall made by iotsig: it drops the packets that its policies cover, "
                       "and lets all else\n"
                       "pass. It works on a bridge; run these commands as root on the machine that "
                       "has the bridge.\n"
                       "\n"
                       "Load (again: replaces what was loaded before)\n"
                       "\n"
                       "    nft -f firewall.nft\n"
                       "\n"
                       "Unload\n"
                       "\n");
    put_for_tables(firewall, "delete", output);
    put_string(
        output,
        "\n"
        "See the counters: packets and bytes stand behind `counter`, the policy in the comment\n"
        "\n");
    put_for_tables(firewall, "list", output);
    if (firewall->queue_count > 0)
        put_queues(firewall, output);
    return iotsig_output_flush(output, error);
}
