/* SPDX-License-Identifier: GPL-3.0-or-later */
/* firewall.nft: rules as nftables reads them. All text of it leaves through here. */
#include <stdio.h>

#include "base/output.h"
#include "translate/range.h"
#include "translate/rule.h"

/* Characters that stand as they are between the quotes of a comment or log prefix. */
#define QUOTED " _.:/=+@()-"

bool iotsig_nft_is_keyword(const char *text)
{
    /* clang-format off */
    static const char *const keywords[] = {
    "accept", "add", "ah", "all", "and", "arp", "auto-merge", "bridge", "cgroup", "chain",
    "comment", "comp", "constant", "continue", "counter", "cpu", "create", "ct", "day", "dccp",
    "define", "delete", "describe", "destroy", "device", "devices", "dnat", "drop", "dst", "dup",
    "dynamic", "ecn", "element", "elements", "eq", "esp", "ether", "exists", "expires", "export",
    "exthdr", "fib", "flags", "flow", "flowtable", "flush", "frag", "fwd", "gc-interval", "ge",
    "get", "goto", "gt", "handle", "hbh", "hook", "hour", "ibriport", "ibrname", "icmp", "icmpv6",
    "igmp", "iif", "iifgroup", "iifname", "iiftype", "import", "include", "index", "inet",
    "insert", "interval", "ip", "ip6", "ipsec", "jhash", "jump", "last", "le", "limit", "list",
    "log", "lt", "map", "mark", "masquerade", "meta", "meter", "mh", "missing", "monitor", "ne",
    "netdev", "nftrace", "not", "notrack", "numgen", "obriport", "obrname", "offload", "oif",
    "oifgroup", "oifname", "oiftype", "or", "osf", "pkttype", "policy", "position", "priority",
    "queue", "quota", "random", "redefine", "redirect", "reject", "rename", "replace", "reset",
    "return", "rt", "rt0", "rt2", "rtclassid", "rule", "ruleset", "sctp", "secmark", "secpath",
    "set", "size", "skgid", "skuid", "snat", "socket", "srh", "symhash", "synproxy", "table",
    "tcp", "th", "time", "timeout", "tproxy", "type", "typeof", "udp", "udplite", "undefine",
    "update", "vlan", "vmap", "xfrm", "xor", "xt",
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strcmp(keywords[i], text) == 0)
            return true;
    return false;
}

/* Matches are written one behind the other, with a space between. */
struct matches {
    struct iotsig_output *output;
    bool begun;
};

static void begin(struct matches *matches, const char *match)
{
    put_string(matches->output, matches->begun ? " " : "");
    put_string(matches->output, match);
    matches->begun = true;
}

static void put_address_range(struct iotsig_output *output, const void *items, size_t i)
{
    char text[RANGE_TEXT];
    iotsig_range_write(text, (const struct address_range *)items + i);
    put_string(output, text);
}

static void put_number_range(struct iotsig_output *output, const void *items, size_t i)
{
    const struct number_range *range = (const struct number_range *)items + i;
    iotsig_put_number(output, range->low);
    if (range->high != range->low) {
        put_string(output, "-");
        iotsig_put_number(output, range->high);
    }
}

static void put_mac(struct iotsig_output *output, const void *items, size_t i)
{
    char text[IOTSIG_MAC_TEXT];
    iotsig_mac_write(text, ((const struct number_range *)items)[i].low);
    put_string(output, text);
}

/* One value, or a set. */
static void put_set(struct iotsig_output *output, const void *items, size_t count,
                    void (*put)(struct iotsig_output *output, const void *items, size_t i))
{
    put_string(output, count > 1 ? " { " : " ");
    for (size_t i = 0; i < count; i++) {
        put_string(output, i == 0 ? "" : ", ");
        put(output, items, i);
    }
    put_string(output, count > 1 ? " }" : "");
}

static const char *match_of(enum field_id field)
{
    switch (field) {
    case FIELD_ARP_TYPE: return "arp operation";
    case FIELD_ARP_SHA: return "arp saddr ether";
    case FIELD_ARP_THA: return "arp daddr ether";
    case FIELD_ARP_SPA: return "arp saddr ip";
    case FIELD_ARP_TPA: return "arp daddr ip";
    case FIELD_IPV4_SRC: return "ip saddr";
    case FIELD_IPV4_DST: return "ip daddr";
    case FIELD_IPV6_SRC: return "ip6 saddr";
    case FIELD_IPV6_DST: return "ip6 daddr";
    case FIELD_TCP_SRC: return "tcp sport";
    case FIELD_TCP_DST: return "tcp dport";
    case FIELD_UDP_SRC: return "udp sport";
    case FIELD_UDP_DST: return "udp dport";
    case FIELD_ICMP_TYPE: return "icmp type";
    case FIELD_ICMPV6_TYPE: return "icmpv6 type";
    default: return NULL; /* a program checks it */
    }
}

static void put_word(struct iotsig_output *output, const struct policy_check *check, size_t i)
{
    const struct number_range *range = &check->numbers[i];
    const struct field_word *word = iotsig_field_word(check->field, range->low);
    if (word != NULL)
        put_string(output, word->word);
    else
        put_number_range(output, check->numbers, i);
}

static void put_words(struct iotsig_output *output, const struct policy_check *check)
{
    put_string(output, check->number_count > 1 ? " { " : " ");
    for (size_t i = 0; i < check->number_count; i++) {
        put_string(output, i == 0 ? "" : ", ");
        put_word(output, check, i);
    }
    put_string(output, check->number_count > 1 ? " }" : "");
}

static void put_check_values(struct iotsig_output *output, const struct policy_check *check)
{
    switch (check->field->kind) {
    case KIND_HOST:
    case KIND_GROUP:
        put_string(output, check->outside ? " !=" : "");
        put_set(output, check->ranges, check->range_count, put_address_range);
        break;
    case KIND_MAC: put_set(output, check->numbers, check->number_count, put_mac); break;
    case KIND_WORD: put_words(output, check); break;
    default: put_set(output, check->numbers, check->number_count, put_number_range);
    }
}

/* What stands in front of a protocol's fields, or alone where it has none. */
static const char *protocol_match(enum policy_protocol protocol, bool has_fields)
{
    switch (protocol) {
    case POLICY_ARP: return has_fields ? NULL : "meta protocol arp";
    case POLICY_IPV4: return has_fields ? NULL : "meta protocol ip";
    case POLICY_IPV6: return has_fields ? NULL : "meta protocol ip6";
    case POLICY_TCP: return "meta l4proto tcp";
    case POLICY_UDP: return "meta l4proto udp";
    case POLICY_ICMP: return "meta l4proto 1";
    case POLICY_ICMPV6: return "meta l4proto 58";
    case POLICY_IGMP: return "meta l4proto 2";
    default: return NULL;
    }
}

static void put_part(struct matches *matches, const struct policy_part *part)
{
    bool has_fields = false;
    for (size_t i = 0; i < part->count; i++)
        has_fields = has_fields || iotsig_check_is_nft(&part->checks[i]);
    const char *match = protocol_match(part->protocol, has_fields);
    if (match != NULL)
        begin(matches, match);
    for (size_t i = 0; i < part->count; i++)
        if (iotsig_check_is_nft(&part->checks[i])) {
            begin(matches, match_of(part->checks[i].field->id));
            put_check_values(matches->output, &part->checks[i]);
        }
}

/* The transports of an application that the policy does not name. */
static void put_transports(struct matches *matches, unsigned transports)
{
    bool tcp = (transports & PROTOCOL_BIT(POLICY_TCP)) != 0,
         udp = (transports & PROTOCOL_BIT(POLICY_UDP)) != 0;
    if (tcp || udp)
        begin(matches, tcp && udp ? "meta l4proto { tcp, udp }"
                       : tcp      ? "meta l4proto tcp"
                                  : "meta l4proto udp");
}

/* The connection's originator: the packet's source, or its destination. */
static void put_origin(struct matches *matches, const struct way *way)
{
    bool v6 = (way->protocols & PROTOCOL_BIT(POLICY_IPV6)) != 0,
         sender = way->origin == ORIGIN_SENDER;
    if (way->origin == ORIGIN_ANY)
        return;
    const struct policy_check *end =
        iotsig_way_check(way, sender ? (v6 ? FIELD_IPV6_SRC : FIELD_IPV4_SRC)
                                     : (v6 ? FIELD_IPV6_DST : FIELD_IPV4_DST));
    begin(matches, sender ? "ct direction original" : "ct direction reply");
    if (end != NULL && iotsig_check_is_nft(end)) {
        begin(matches, v6 ? "ct original ip6 saddr" : "ct original ip saddr");
        put_check_values(matches->output, end);
    }
}

static void put_size(struct matches *matches, const struct way *way)
{
    bool v6 = (way->protocols & PROTOCOL_BIT(POLICY_IPV6)) != 0;
    struct number_range size = way->stats.size;
    char text[64];
    if (!way->stats.has_size)
        return;
    uint64_t less = v6 ? IPV6_HEADER : 0;
    size.low = size.low > less ? size.low - less : 0;
    size.high -= less;
    const char *length = v6 ? "ip6 length" : "ip length";
    if (size.low == size.high)
        snprintf(text, sizeof text, "%s %llu", length, (unsigned long long)size.low);
    else if (size.low == 0)
        snprintf(text, sizeof text, "%s < %llu", length, (unsigned long long)size.high + 1);
    else if (way->stats.size.high == POLICY_SIZE_MAX)
        snprintf(text, sizeof text, "%s > %llu", length, (unsigned long long)size.low - 1);
    else
        snprintf(text, sizeof text, "%s %llu-%llu", length, (unsigned long long)size.low,
                 (unsigned long long)size.high);
    begin(matches, text);
}

static const char *period_of(uint32_t seconds)
{
    return seconds == 1       ? "second"
           : seconds == 60    ? "minute"
           : seconds == 3600  ? "hour"
           : seconds == 86400 ? "day"
                              : "week";
}

void iotsig_rate_write(char to[RATE_TEXT], const struct policy_rate *rate)
{
    static const char *const units[] = {"", " bytes", " kbytes", " mbytes"};
    int n = snprintf(to, RATE_TEXT, "%llu%s/%s", (unsigned long long)rate->count, units[rate->unit],
                     period_of(rate->seconds));
    if (rate->burst > 0)
        snprintf(to + n, RATE_TEXT - (size_t)n, " burst %lu packets", (unsigned long)rate->burst);
}

static void put_rate(struct matches *matches, const struct policy_rate *rate)
{
    char text[RATE_TEXT];
    if (rate->count == 0)
        return;
    iotsig_rate_write(text, rate);
    begin(matches, "limit rate over ");
    put_string(matches->output, text);
}

const char *iotsig_nft_matches(struct iotsig_firewall *firewall, const struct way *way)
{
    struct iotsig_error error;
    struct matches matches = {0};
    const char *copy = NULL;
    size_t n;
    if (iotsig_output_memory(&matches.output, firewall->profiles->context, &error) != 0)
        return NULL;
    for (size_t i = 0; i < way->part_count; i++) {
        if (policy_protocols[way->parts[i].protocol].over != 0)
            put_transports(&matches, way->transports);
        put_part(&matches, &way->parts[i]);
    }
    put_origin(&matches, way);
    put_size(&matches, way);
    put_rate(&matches, &way->stats.rate);
    const char *text = iotsig_output_text(matches.output, &n);
    if (iotsig_output_flush(matches.output, &error) == 0)
        copy = iotsig_arena_text(&firewall->arena, text, n);
    iotsig_output_free(matches.output);
    return copy;
}

/* The file. */

static const char *verdict_word(enum rule_verdict verdict)
{
    return verdict == VERDICT_DROP ? "DROP" : verdict == VERDICT_ACCEPT ? "ACCEPT" : "QUEUE";
}

/* The names of a rule's policies: the first, and how many more. */
static void rule_name(const struct rule *rule, char *to, size_t room)
{
    char more[32] = "";
    if (rule->count == 0) {
        snprintf(to, room, "answers of name servers");
        return;
    }
    if (rule->count > 1)
        snprintf(more, sizeof more, " (+%zu)", rule->count - 1);
    size_t n = strlen(more);
    iotsig_plain_name(to, room - n, rule->ways[0]->name, QUOTED);
    memcpy(to + strlen(to), more, n + 1);
}

static void put_log(const struct iotsig_firewall *firewall, const struct rule *rule,
                    struct iotsig_output *output)
{
    char name[NFT_PREFIX_ROOM - sizeof ",,ACCEPT"];
    if (firewall->settings.log == IOTSIG_LOG_NONE)
        return;
    put_string(output, " log ");
    if (firewall->settings.log == IOTSIG_LOG_CSV) {
        rule_name(rule, name, sizeof name);
        put_string(output, "prefix \"");
        put_string(output, name);
        put_string(output, ",,");
        put_string(output, verdict_word(rule->verdict));
        put_string(output, "\" ");
    }
    put_string(output, "group ");
    iotsig_put_number(output, firewall->settings.log_group);
}

static void put_rule(const struct iotsig_firewall *firewall, const struct rule *rule,
                     enum nft_purpose purpose, struct iotsig_output *output)
{
    char name[NFT_PREFIX_ROOM];
    put_string(output, "\t\t");
    put_string(output, rule->matches);
    put_log(firewall, rule, output);
    put_string(output, " counter ");
    if (rule->verdict == VERDICT_DROP) {
        put_string(output, "drop");
    } else if (rule->verdict == VERDICT_ACCEPT || purpose != NFT_FILE) {
        put_string(output, "accept");
    } else {
        put_string(output, "queue num ");
        iotsig_put_number(output, rule->queue);
    }
    rule_name(rule, name, sizeof name);
    put_string(output, " comment \"");
    put_string(output, name);
    put_string(output, "\"\n");
}

static bool is_tracked(const struct rule *rule)
{
    return rule->count > 0 && rule->ways[0]->origin != ORIGIN_ANY;
}

static void put_table(const struct iotsig_firewall *firewall, const struct table *table,
                      enum nft_purpose purpose, struct iotsig_output *output)
{
    /* Made, thrown away and made anew in one go: loading it again replaces it. */
    const char *const lines[] = {"\ntable bridge ", "\ndelete table bridge ", "\ntable bridge "};
    for (size_t i = 0; i < 3; i++) {
        put_string(output, lines[i]);
        put_string(output, table->name);
    }
    put_string(output,
               " {\n\tchain prerouting {\n\t\ttype filter hook prerouting priority 0; policy "
               "accept;\n");
    for (size_t i = 0; i < table->count; i++)
        if (purpose != NFT_CHECK_NO_TRACK || !is_tracked(&table->rules[i]))
            put_rule(firewall, &table->rules[i], purpose, output);
    put_string(output, "\t}\n}\n");
}

int iotsig_nft_print(const struct iotsig_firewall *firewall, enum nft_purpose purpose,
                     struct iotsig_output *output, struct iotsig_error *error)
{
    put_string(output, "#!/usr/sbin/nft -f\n# Made by iotsig. README.txt says how to load it.\n");
    for (size_t i = 0; i < firewall->table_count; i++)
        put_table(firewall, &firewall->tables[i], purpose, output);
    return iotsig_output_flush(output, error);
}
