/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A firewall in plain words, for a person who checks it before it is loaded. */
#include <stdio.h>

#include "base/output.h"
#include "translate/range.h"
#include "translate/rule.h"

static void put_escaped(struct iotsig_output *output, struct text text)
{
    char room[IOTSIG_ESCAPED_MAX];
    for (size_t i = 0; i < text.n; i++) {
        char *end = iotsig_escape_byte(room, (uint8_t)text.p[i]);
        iotsig_output_put(output, room, (size_t)(end - room));
    }
}

static void put_shown(struct iotsig_output *output, const struct way *way)
{
    put_string(output, way->policy->shown);
    put_string(output, way->backward ? " (backward)" : "");
}

/* ", " or " or " in front of value `i` of `count`. */
static void put_between(struct iotsig_output *output, size_t i, size_t count)
{
    if (i > 0)
        put_string(output, i + 1 == count ? " or " : ", ");
}

static void put_number_value(struct iotsig_output *output, const struct policy_check *check,
                             size_t i)
{
    const struct number_range *range = &check->numbers[i];
    const struct field_word *word = iotsig_field_word(check->field, range->low);
    char text[64];
    if (check->field->kind == KIND_MAC)
        iotsig_mac_write(text, range->low);
    else if (word != NULL && check->field->kind == KIND_WORD)
        snprintf(text, sizeof text, "%s", word->word);
    else if (range->low == range->high)
        snprintf(text, sizeof text, "%llu", (unsigned long long)range->low);
    else
        snprintf(text, sizeof text, "%llu to %llu", (unsigned long long)range->low,
                 (unsigned long long)range->high);
    put_string(output, text);
}

static void put_text_value(struct iotsig_output *output, const struct policy_text *text)
{
    static const char *const in_front[] = {[MATCH_EXACT] = "",
                                           [MATCH_START] = "what begins with ",
                                           [MATCH_BELOW] = "any name below ",
                                           [MATCH_END] = "any name that is or lies below "};
    put_string(output, in_front[text->match]);
    put_escaped(output, text->bytes);
}

static void put_values(struct iotsig_output *output, const struct policy_check *check)
{
    size_t count = check->range_count + check->number_count + check->text_count, at = 0;
    put_string(output, check->outside ? "anything but " : "");
    for (size_t i = 0; i < check->range_count; i++) {
        char text[RANGE_TEXT];
        iotsig_range_write(text, &check->ranges[i]);
        put_between(output, at++, count);
        put_string(output, text);
    }
    for (size_t i = 0; i < check->number_count; i++) {
        put_between(output, at++, count);
        put_number_value(output, check, i);
    }
    for (size_t i = 0; i < check->text_count; i++) {
        put_between(output, at++, count);
        put_text_value(output, &check->texts[i]);
    }
}

static void put_check(struct iotsig_output *output, const struct policy_check *check)
{
    const char *name = check->field->name;
    if (check->field->kind == KIND_TRUTH && strcmp(name, "response") == 0) {
        put_string(output, check->numbers[0].low != 0 ? "responses" : "requests");
        return;
    }
    if (check->field->kind == KIND_TRUTH) {
        put_string(output, check->numbers[0].low != 0 ? "with " : "without ");
        put_string(output, name);
        return;
    }
    if (strcmp(name, "src") == 0 || strcmp(name, "dst") == 0)
        put_string(output, name[0] == 's' ? "from" : "to");
    else if (strcmp(name, "src-port") == 0 || strcmp(name, "dst-port") == 0)
        put_string(output, name[0] == 's' ? "from port" : "to port");
    else
        put_string(output, name);
    put_string(output, " ");
    put_values(output, check);
}

static const char *const protocol_names[POLICY_PROTOCOLS] = {
    [POLICY_ARP] = "ARP",       [POLICY_IPV4] = "IPv4", [POLICY_IPV6] = "IPv6",
    [POLICY_TCP] = "TCP",       [POLICY_UDP] = "UDP",   [POLICY_ICMP] = "ICMP",
    [POLICY_ICMPV6] = "ICMPv6", [POLICY_IGMP] = "IGMP", [POLICY_DNS] = "DNS",
    [POLICY_MDNS] = "mDNS",     [POLICY_HTTP] = "HTTP", [POLICY_SSDP] = "SSDP",
    [POLICY_COAP] = "CoAP",     [POLICY_DHCP] = "DHCP", [POLICY_MQTT] = "MQTT",
    [POLICY_TLS] = "TLS"};

static void put_stats(struct iotsig_output *output, const struct way *way)
{
    char text[RATE_TEXT];
    if (way->stats.has_size) {
        snprintf(text, sizeof text, "; packets of %llu to %llu bytes",
                 (unsigned long long)way->stats.size.low, (unsigned long long)way->stats.size.high);
        put_string(output, text);
    }
    if (way->origin != ORIGIN_ANY)
        put_string(output, way->origin == ORIGIN_SENDER
                               ? "; of connections that the source began"
                               : "; of connections that the destination began");
    if (way->stats.rate.count > 0) {
        iotsig_rate_write(text, &way->stats.rate);
        put_string(output, "; only what is over ");
        put_string(output, text);
    }
    if (way->policy->counts || way->policy->lasts)
        put_string(output, "; packet-count and duration of the policy are not enforced");
}

static void put_way(struct iotsig_output *output, const struct way *way)
{
    put_string(output, "    ");
    put_shown(output, way);
    put_string(output, ": ");
    for (size_t i = 0; i < way->part_count; i++) {
        const struct policy_part *part = &way->parts[i];
        put_string(output, i == 0 ? "" : "; ");
        put_string(output, protocol_names[part->protocol]);
        for (size_t j = 0; j < part->count; j++) {
            put_string(output, j == 0 ? " " : ", ");
            put_check(output, &part->checks[j]);
        }
    }
    put_stats(output, way);
    put_string(output, "\n");
}

static void put_verdict(const struct iotsig_firewall *firewall, const struct rule *rule,
                        struct iotsig_output *output)
{
    const struct iotsig_firewall_settings *settings = &firewall->settings;
    char text[120];
    if (rule->count == 0)
        snprintf(text, sizeof text,
                 "queue %u: its program lets answers of name servers pass, and takes addresses "
                 "from them",
                 rule->queue);
    else if (rule->verdict == VERDICT_QUEUE && settings->has_drop_probability &&
             settings->drop_probability < 1)
        snprintf(text, sizeof text, "queue %u: its program drops %g of 100 of the packets of",
                 rule->queue, settings->drop_probability * 100);
    else if (rule->verdict == VERDICT_QUEUE)
        snprintf(text, sizeof text, "queue %u: its program drops the packets of", rule->queue);
    else
        snprintf(text, sizeof text, "%s",
                 rule->verdict == VERDICT_DROP ? "drops the packets of"
                                               : "lets the packets pass of");
    put_string(output, "  ");
    put_string(output, text);
    put_string(output, "\n");
}

int iotsig_firewall_explain(const struct iotsig_firewall *firewall, struct iotsig_output *output,
                            struct iotsig_error *error)
{
    for (size_t i = 0; i < firewall->table_count; i++) {
        const struct table *table = &firewall->tables[i];
        put_string(output, i == 0 ? "table " : "\ntable ");
        put_string(output, table->name);
        put_string(output, ": what the following cover is not let through, all else passes\n");
        for (size_t j = 0; j < table->count; j++) {
            put_verdict(firewall, &table->rules[j], output);
            for (size_t k = 0; k < table->rules[j].count; k++)
                put_way(output, table->rules[j].ways[k]);
        }
    }
    return iotsig_output_flush(output, error);
}
