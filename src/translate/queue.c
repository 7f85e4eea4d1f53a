/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "translate/queue.h"

#include <stdarg.h>
#include <stdio.h>

#include "translate/fragment.h"

/* 2^32: what a drop probability is of. */
#define CHANCE_ALL 4294967296.0

/* The record types of DNS that give addresses. */
enum { TYPE_A = 1, TYPE_AAAA = 28 };

/* What a protocol adds to the program, in the order of the program. A fragment that several have
 * comes once. */
static const struct {
    unsigned protocols; /* bits */
    const char *const *fragment;
    const char *header;    /* of the runtime, or NULL */
    const char *libraries; /* or NULL */
} pieces[] = {
    {PROTOCOL_BIT(POLICY_ARP), iotsig_fragment_arp, NULL, NULL},
    {PROTOCOL_BIT(POLICY_IGMP), iotsig_fragment_igmp, "igmp.h", "igmp"},
    {PROTOCOL_BIT(POLICY_DNS) | PROTOCOL_BIT(POLICY_MDNS), iotsig_fragment_dns, "dns.h",
     "dns dns_map"},
    {PROTOCOL_BIT(POLICY_HTTP) | PROTOCOL_BIT(POLICY_SSDP), iotsig_fragment_startline, NULL, NULL},
    {PROTOCOL_BIT(POLICY_HTTP), iotsig_fragment_http, "http.h", "http"},
    {PROTOCOL_BIT(POLICY_SSDP), iotsig_fragment_ssdp, "ssdp.h", "ssdp"},
    {PROTOCOL_BIT(POLICY_COAP), iotsig_fragment_coap, "coap.h", "coap"},
    {PROTOCOL_BIT(POLICY_DHCP), iotsig_fragment_dhcp, "dhcp.h", "dhcp"},
    {PROTOCOL_BIT(POLICY_MQTT), iotsig_fragment_mqtt, "mqtt.h", "mqtt"},
    {PROTOCOL_BIT(POLICY_TLS), iotsig_fragment_tls, "tls.h", "tls"},
};
#define PIECES (sizeof pieces / sizeof *pieces)

static bool uses(const struct queue_program *program, size_t piece)
{
    return (program->protocols & pieces[piece].protocols) != 0;
}

static bool uses_parser(const struct queue_program *program)
{
    for (size_t i = 0; i < PIECES; i++)
        if (uses(program, i) && pieces[i].header != NULL)
            return true;
    return false;
}

void iotsig_queue_put(const struct queue_program *program, const char *format, ...)
{
    char room[512];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(room, sizeof room, format, arguments);
    va_end(arguments);
    if (n > 0)
        iotsig_output_put(program->output, room,
                          (size_t)n < sizeof room ? (size_t)n : sizeof room - 1);
}

void iotsig_queue_name(char to[QUEUE_NAME_ROOM], const struct way *way)
{
    iotsig_plain_name(to, QUEUE_NAME_ROOM, way->name, "_-./");
}

/* The rules with a queue. */

struct queue_step {
    size_t table, rule;
};

/* The next of them, or NULL. */
static const struct rule *next_queue(const struct iotsig_firewall *firewall,
                                     struct queue_step *step, const struct table **in)
{
    for (; step->table < firewall->table_count; step->table++, step->rule = 0) {
        const struct table *table = &firewall->tables[step->table];
        while (step->rule < table->count) {
            const struct rule *rule = &table->rules[step->rule++];
            *in = table;
            if (rule->verdict == VERDICT_QUEUE)
                return rule;
        }
    }
    return NULL;
}

/* What a program needs. */

/* A name and how it matches, as the key of a map. */
struct host_key {
    char bytes[1 + 256];
    size_t n;
};

static struct host_key key_of(const struct policy_text *text)
{
    struct host_key key = {.n = 1 + text->bytes.n};
    if (key.n > sizeof key.bytes) /* no name is so long */
        key.n = sizeof key.bytes;
    key.bytes[0] = (char)text->match;
    memcpy(key.bytes + 1, text->bytes.p, key.n - 1);
    return key;
}

size_t iotsig_queue_host(const struct queue_program *program, const struct policy_text *text)
{
    struct host_key key = key_of(text);
    const uint64_t *number = iotsig_map_get(&program->names, key.bytes, key.n);
    return number == NULL ? 0 : (size_t)*number;
}

/* NULL: no memory. */
static struct queue_host *add_host(struct queue_program *program, const struct policy_text *text)
{
    const struct iotsig_allocator *allocator = &program->firewall->profiles->context->allocator;
    struct host_key key = key_of(text);
    bool added;
    if (!iotsig_array_grow(allocator, &program->hosts, &program->host_capacity,
                           program->host_count + 1, sizeof *program->hosts))
        return NULL;
    const uint64_t *number =
        iotsig_map_put(&program->names, key.bytes, key.n, program->host_count, &added);
    if (number == NULL)
        return NULL;
    if (added)
        program->hosts[program->host_count++] = (struct queue_host){.text = *text};
    return &program->hosts[*number];
}

static bool find_hosts(struct queue_program *program, const struct policy_part *part)
{
    for (size_t i = 0; i < part->count; i++) {
        const struct policy_check *check = &part->checks[i];
        for (size_t j = 0; j < check->text_count && check->field->kind == KIND_HOST; j++) {
            struct queue_host *host = add_host(program, &check->texts[j]);
            if (host == NULL)
                return false;
            host->family[policy_family(part->protocol) == 6] = true;
        }
    }
    return true;
}

static bool find_needs(struct queue_program *program)
{
    const struct iotsig_firewall *firewall = program->firewall;
    const struct rule *rule;
    const struct table *table;
    for (struct queue_step step = {0}; (rule = next_queue(firewall, &step, &table)) != NULL;) {
        for (size_t i = 0; i < rule->count; i++) {
            const struct way *way = rule->ways[i];
            program->queued[way->number] = true;
            program->protocols |= way->protocols;
            for (size_t j = 0; j < way->part_count; j++)
                if (!find_hosts(program, &way->parts[j]))
                    return false;
        }
    }
    return true;
}

static void program_fini(struct queue_program *program)
{
    const struct iotsig_allocator *allocator = &program->firewall->profiles->context->allocator;
    iotsig_map_fini(&program->names);
    iotsig_memory_free(allocator, program->hosts);
    iotsig_memory_free(allocator, program->queued);
    iotsig_memory_free(allocator, program->decided);
}

static bool program_init(struct queue_program *program, const struct iotsig_firewall *firewall,
                         struct iotsig_output *output)
{
    const struct iotsig_allocator *allocator = &firewall->profiles->context->allocator;
    size_t room = firewall->way_count + 1;
    *program = (struct queue_program){.firewall = firewall, .output = output};
    iotsig_map_init(&program->names, allocator, firewall->profiles->context->hash_key);
    program->decided = iotsig_memory_get(allocator, room * sizeof *program->decided);
    program->queued = iotsig_memory_get(allocator, room * sizeof *program->queued);
    if (program->queued != NULL)
        memset(program->queued, 0, room * sizeof *program->queued);
    return program->decided != NULL && program->queued != NULL && find_needs(program);
}

/* The pieces of a program. */

static void put_fragment(const struct queue_program *program, const char *const *lines)
{
    for (; *lines != NULL; lines++)
        put_string(program->output, *lines);
    iotsig_queue_put(program, "\n");
}

static void put_start(const struct queue_program *program)
{
    iotsig_queue_put(
        program,
        "/* SPDX-License-Identifier: GPL-3.0-or-later */\n"
        "/*\n"
        " * The queues of the firewall %s: drops the packets that its policies cover.\n"
        " * Generated by iotsig " IOTSIG_VERSION "; do not edit, change the profile.\n"
        " */\n",
        program->firewall->name);
    put_fragment(program, iotsig_fragment_start);
    iotsig_queue_put(program,
                     "#include \"nfqueue.h\"\n#ifdef LOG\n#include \"packet_utils.h\"\n#endif\n");
    for (size_t i = 0; i < PIECES; i++)
        if (uses(program, i) && pieces[i].header != NULL)
            iotsig_queue_put(program, "#include \"%s\"\n", pieces[i].header);
    iotsig_queue_put(program, "\n");
}

/* How often what matches is dropped, of 2^32; 0: always. */
static uint64_t chance_of(const struct iotsig_firewall_settings *settings)
{
    if (!settings->has_drop_probability || settings->drop_probability >= 1)
        return 0;
    uint64_t chance = settings->drop_probability > 0
                          ? (uint64_t)(settings->drop_probability * CHANCE_ALL + 0.5)
                          : 0;
    return chance > 0 ? chance : 1;
}

static bool uses_wire(const struct queue_program *program)
{
    return program->host_count > 0 ||
           (program->protocols & (PROTOCOL_BIT(POLICY_DNS) | PROTOCOL_BIT(POLICY_MDNS))) != 0;
}

static void put_pieces(const struct queue_program *program)
{
    uint64_t chance = chance_of(&program->firewall->settings);
    put_fragment(program, iotsig_fragment_packet);
    if (chance > 0) {
        iotsig_queue_put(program, "#define CHANCE UINT64_C(%llu)\n\n", (unsigned long long)chance);
        put_fragment(program, iotsig_fragment_chance);
    }
    if (uses_parser(program))
        put_fragment(program, iotsig_fragment_copy);
    if (uses_wire(program))
        put_fragment(program, iotsig_fragment_wire);
    if (program->host_count > 0) {
        iotsig_queue_put(program, "#define HOST_COUNT %zu\n\n", program->host_count);
        put_fragment(program, iotsig_fragment_names);
    }
    for (size_t i = 0; i < PIECES; i++)
        if (uses(program, i))
            put_fragment(program, pieces[i].fragment);
}

static void put_hosts(const struct queue_program *program)
{
    if (program->host_count == 0)
        return;
    iotsig_queue_put(program, "static struct host hosts[HOST_COUNT] = {\n");
    for (size_t i = 0; i < program->host_count; i++) {
        const struct policy_text *text = &program->hosts[i].text;
        iotsig_queue_put(program, "    {.name = ");
        iotsig_queue_put_text(program, text->bytes);
        iotsig_queue_put(program, ", .length = %zu, .itself = %s, .below = %s},\n", text->bytes.n,
                         text->match == MATCH_BELOW ? "false" : "true",
                         text->match == MATCH_EXACT ? "false" : "true");
    }
    iotsig_queue_put(program, "};\n\n");
}

/* Names that can be looked up: all but those that are below another. */
static size_t count_lookups(const struct queue_program *program)
{
    size_t count = 0;
    for (size_t i = 0; i < program->host_count; i++)
        if (program->hosts[i].text.match != MATCH_BELOW)
            count += (size_t)program->hosts[i].family[0] + program->hosts[i].family[1];
    return count;
}

static void put_resolver(const struct queue_program *program)
{
    static const int types[] = {TYPE_A, TYPE_AAAA};
    size_t count = count_lookups(program);
    if (count == 0)
        return;
    iotsig_queue_put(program, "#define LOOKUP_COUNT %zu\n\n", count);
    put_fragment(program, iotsig_fragment_resolver);
    iotsig_queue_put(program, "static struct lookup lookups[LOOKUP_COUNT] = {\n");
    for (size_t i = 0; i < program->host_count; i++)
        for (size_t j = 0; j < 2; j++)
            if (program->hosts[i].family[j] && program->hosts[i].text.match != MATCH_BELOW)
                iotsig_queue_put(program, "    {.host = %zu, .type = %d},\n", i, types[j]);
    iotsig_queue_put(program, "};\n\n");
}

/* Queues. */

static void put_decision(const struct queue_program *program, const struct table *table,
                         const struct rule *rule)
{
    char name[QUEUE_NAME_ROOM];
    size_t count = iotsig_rule_decides(table, rule, program->decided);
    iotsig_queue_put(program, "static const char *decide_%u(const struct packet *packet)\n{\n",
                     (unsigned)rule->queue);
    iotsig_queue_put(program, "    (void)packet;\n");
    for (size_t i = 0; i < count; i++) {
        iotsig_queue_name(name, program->decided[i]);
        iotsig_queue_put(program, "    if (way_%zu(packet))\n        return \"%s\";\n",
                         program->decided[i]->number, name);
    }
    iotsig_queue_put(program, "    return NULL;\n}\n\n");
}

static void put_callback(const struct queue_program *program, const struct rule *rule)
{
    char name[QUEUE_NAME_ROOM] = "names"; /* a queue that only learns addresses */
    unsigned queue = rule->queue;
    if (rule->count > 0)
        iotsig_queue_name(name, rule->ways[0]);
    iotsig_queue_put(
        program,
        "#ifdef LOG\n"
        "static uint32_t callback_%u(int pkt_id, uint8_t *hash, struct timeval timestamp, int "
        "pkt_len,\n"
        "                            uint8_t *payload, void *arg)\n"
        "#else\n"
        "static uint32_t callback_%u(int pkt_id, int pkt_len, uint8_t *payload, void *arg)\n"
        "#endif\n"
        "{\n",
        queue, queue);
    iotsig_queue_put(program, "    const char *name = \"%s\";\n", name);
    iotsig_queue_put(program,
                     "    uint32_t verdict = judge(decide_%u, payload, pkt_len, &name);\n"
                     "    (void)pkt_id;\n"
                     "    (void)arg;\n"
                     "#ifdef LOG\n"
                     "    log_verdict(hash, timestamp, name, verdict);\n"
                     "#endif\n"
                     "    return verdict;\n"
                     "}\n\n",
                     queue);
}

static void put_queues(const struct queue_program *program)
{
    const struct rule *rule;
    const struct table *table;
    size_t count = 0;
    for (struct queue_step step = {0};
         (rule = next_queue(program->firewall, &step, &table)) != NULL; count++) {
        put_decision(program, table, rule);
        put_callback(program, rule);
    }
    iotsig_queue_put(program,
                     "#define QUEUE_COUNT %zu\n\nstatic thread_arg_t queues[QUEUE_COUNT] = {\n",
                     count);
    for (struct queue_step step = {0};
         (rule = next_queue(program->firewall, &step, &table)) != NULL;)
        iotsig_queue_put(program, "    {.queue_id = %u, .func = callback_%u, .arg = NULL},\n",
                         (unsigned)rule->queue, (unsigned)rule->queue);
    iotsig_queue_put(program, "};\n\n");
}

int iotsig_queues_print(const struct iotsig_firewall *firewall, struct iotsig_output *output,
                        struct iotsig_error *error)
{
    struct queue_program program;
    bool ready = program_init(&program, firewall, output);
    if (ready) {
        put_start(&program);
        put_pieces(&program);
        put_hosts(&program);
        for (size_t i = 0; i < firewall->way_count; i++)
            if (program.queued[i])
                iotsig_queue_put_way(&program, firewall->ways[i]);
        put_resolver(&program);
        put_fragment(&program, iotsig_fragment_verdict);
        put_queues(&program);
        put_fragment(&program, iotsig_fragment_main);
    }
    program_fini(&program);
    return ready ? 0 : iotsig_fail_memory(error);
}

/* CMake. */

/* Names that cannot be a target: those of CMake's own, and those of what is linked. */
static bool is_taken(const char *name)
{
    static const char *const taken[] = {
        "all",
        "clean",
        "cmake_check_build_system",
        "cmake_force",
        "default_target",
        "depend",
        "edit_cache",
        "help",
        "install",
        "list_install_components",
        "package",
        "package_source",
        "preinstall",
        "rebuild_cache",
        "test",
        "Makefile",
        "ALL_BUILD",
        "ZERO_CHECK",
        "INSTALL",
        "PACKAGE",
        "RUN_TESTS",
        "pthread",
        "nfqueue",
        "packet_utils",
        "rule_utils",
        "header",
        "dns",
        "dns_map",
        "http",
        "coap",
        "ssdp",
        "dhcp",
        "igmp",
        "mqtt",
        "tls",
        "resolv",
        "jansson",
        "mnl",
        "nfnetlink",
        "nftnl",
        "nftables",
        "netfilter_queue",
        "netfilter_log",
        "debug",
        "optimized",
        "general",
        "PROPERTIES"}; /* ends the targets of set_target_properties() */
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(taken[i], name) == 0)
            return true;
    return false;
}

static void put_libraries(const struct queue_program *program, const char *target)
{
    iotsig_queue_put(
        program, "target_link_libraries(%s PRIVATE pthread nfqueue packet_utils rule_utils header",
        target);
    for (size_t i = 0; i < PIECES; i++)
        if (uses(program, i) && pieces[i].libraries != NULL)
            iotsig_queue_put(program, " %s", pieces[i].libraries);
    if (count_lookups(program) > 0)
        iotsig_queue_put(program, " resolv");
    iotsig_queue_put(program, ")\n"
                              "if(OPENWRT_CROSSCOMPILING)\n");
    iotsig_queue_put(program,
                     "  target_link_libraries(%s PRIVATE jansson mnl nfnetlink nftnl nftables\n"
                     "                        netfilter_queue netfilter_log)\n"
                     "endif()\n",
                     target);
}

static void put_cmake(const struct queue_program *program)
{
    const char *name = program->firewall->name;
    char target[NFT_NAME_ROOM + 8];
    snprintf(target, sizeof target, "%s%s", name, is_taken(name) ? "-queues" : "");
    iotsig_queue_put(program,
                     "# SPDX-License-Identifier: GPL-3.0-or-later\n"
                     "# The program of the queues of the firewall %s.\n"
                     "# Generated by iotsig " IOTSIG_VERSION "; do not edit, change the profile.\n"
                     "cmake_minimum_required(VERSION 3.10)\n"
                     "project(%s C)\n\n",
                     name, target);
    iotsig_queue_put(program, "add_executable(%s ${CMAKE_CURRENT_SOURCE_DIR}/nfqueues.c)\n",
                     target);
    iotsig_queue_put(program,
                     "set_target_properties(%s PROPERTIES OUTPUT_NAME %s RUNTIME_OUTPUT_DIRECTORY "
                     "\"${BIN_DIR}\")\n",
                     target, name);
    iotsig_queue_put(program,
                     "target_compile_options(%s PRIVATE -Wall -Wextra\n"
                     "                       -Wno-misleading-indentation)\n",
                     target); /* the warning is GCC's slowest by far, on a long file */
    iotsig_queue_put(
        program,
        "target_include_directories(%s PRIVATE ${BIN_DIR} ${INCLUDE_DIR} ${INCLUDE_PARSERS_DIR})\n",
        target);
    put_libraries(program, target);
}

int iotsig_cmake_print(const struct iotsig_firewall *firewall, struct iotsig_output *output,
                       struct iotsig_error *error)
{
    struct queue_program program;
    bool ready = program_init(&program, firewall, output);
    if (ready)
        put_cmake(&program);
    program_fini(&program);
    return ready ? 0 : iotsig_fail_memory(error);
}
