/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A profile and the firewall that is made of it. Whatever the profile says, the files hold only
 * what they may: a small reader of each looks at every byte.
 */
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "iotsig/firewall.h"
#include "translate/rule.h"

static bool is_one_of(char c, const char *also)
{
    return is_digit((uint8_t)c) || (lower((uint8_t)c) >= 'a' && lower((uint8_t)c) <= 'z') ||
           (c != '\0' && strchr(also, c) != NULL);
}

static void require_printable(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        REQUIRE(is_printable((uint8_t)text[i]) || text[i] == '\n' || text[i] == '\t');
}

/* What stands in quotes on a line of nftables, and what outside of them. */
static void require_line(const char *line, size_t n)
{
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        if (line[i] == '"')
            quoted = !quoted;
        else
            REQUIRE(is_one_of(line[i], quoted ? " _.:/=+@()-,," : "\t _.:/{},!=<>;#-"));
    }
    REQUIRE(!quoted);
}

static size_t quotes_of(const char *line, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += line[i] == '"';
    return count;
}

static void require_nft(const struct iotsig_firewall *firewall, const char *text, size_t n)
{
    size_t rules = 0, found = 0, quotes = firewall->settings.log == IOTSIG_LOG_CSV ? 4 : 2;
    for (size_t i = 0; i < firewall->table_count; i++)
        rules += firewall->tables[i].count;
    for (size_t start = 0, end; start < n; start = end + 1) {
        const char *newline = memchr(text + start, '\n', n - start);
        REQUIRE(newline != NULL);
        end = (size_t)(newline - text);
        if (start == 0) /* #!/usr/sbin/nft -f */
            continue;
        bool rule = strncmp(text + start, "\t\t", 2) == 0 &&
                    strncmp(text + start, "\t\ttype filter hook ", 19) != 0;
        require_line(text + start, end - start);
        REQUIRE(quotes_of(text + start, end - start) == (rule ? quotes : 0));
        REQUIRE(!rule || strchr("{};#", text[start + 2]) == NULL);
        found += rule;
    }
    REQUIRE(found == rules);
}

/* The end of a string or character of C that begins at `i`. */
static size_t past_string(const char *text, size_t n, size_t i)
{
    char quote = text[i++];
    for (; i < n && text[i] != quote; i++) {
        REQUIRE(text[i] != '\n');
        if (text[i] == '\\')
            i++;
    }
    REQUIRE(i < n);
    return i + 1;
}

static size_t past_comment(const char *text, size_t n, size_t i)
{
    for (i += 2; i + 1 < n && !(text[i] == '*' && text[i + 1] == '/'); i++)
        REQUIRE(!(text[i] == '/' && text[i + 1] == '*'));
    REQUIRE(i + 1 < n);
    return i + 2;
}

static void require_c(const char *text, size_t n)
{
    int open[3] = {0, 0, 0};
    for (size_t i = 0; i < n;) {
        static const char opened[] = "{([", closed[] = "})]";
        const char *at = text[i] == '\0' ? NULL : strchr(opened, text[i]);
        REQUIRE(i + 1 == n || (text[i] != '?' || text[i + 1] != '?'));
        REQUIRE(i + 1 == n || (text[i] != '\\' || text[i + 1] != '\n'));
        if (text[i] == '"' || text[i] == '\'') {
            i = past_string(text, n, i);
            continue;
        }
        if (text[i] == '/' && i + 1 < n && text[i + 1] == '*') {
            i = past_comment(text, n, i);
            continue;
        }
        REQUIRE(text[i] != '/' || i + 1 == n || text[i + 1] != '/');
        if (at != NULL)
            open[at - opened]++;
        at = text[i] == '\0' ? NULL : strchr(closed, text[i]);
        if (at != NULL)
            REQUIRE(--open[at - closed] >= 0);
        i++;
    }
    REQUIRE(open[0] == 0 && open[1] == 0 && open[2] == 0);
}

static void require_cmake(const char *text, size_t n)
{
    size_t open = 0;
    for (size_t i = 0; i < n; i++) {
        REQUIRE(is_one_of(text[i], "\n _.:/${}()\"#;,-"));
        open += text[i] == '(';
        REQUIRE(text[i] != ')' || open-- > 0);
    }
    REQUIRE(open == 0);
}

static void look_at(const struct iotsig_firewall *firewall, struct iotsig_context *context,
                    enum iotsig_firewall_file file)
{
    struct iotsig_output *output;
    size_t n;
    REQUIRE(iotsig_output_memory(&output, context, NULL) == 0);
    if (file == IOTSIG_FILE_COUNT)
        REQUIRE(iotsig_firewall_explain(firewall, output, NULL) == 0);
    else
        REQUIRE(iotsig_firewall_print(firewall, file, output, NULL) == 0);
    const char *text = iotsig_output_text(output, &n);
    REQUIRE(n > 0 && text[n - 1] == '\n');
    require_printable(text, n);
    if (file == IOTSIG_FILE_NFT)
        require_nft(firewall, text, n);
    else if (file == IOTSIG_FILE_QUEUES)
        require_c(text, n);
    else if (file == IOTSIG_FILE_CMAKE)
        require_cmake(text, n);
    iotsig_output_free(output);
}

static void require_clean(void *user, const struct iotsig_error *problem, bool warning)
{
    size_t *told = user;
    *told += !warning;
    REQUIRE(problem->message[0] != '\0');
    fuzz_printable(problem->message);
}

/* All that a policy may be: few of each, and all that a firewall can be asked for. */
static const struct iotsig_firewall_settings kinds[] = {
    {.log = IOTSIG_LOG_CSV},
    {.name = "table", .log = IOTSIG_LOG_PCAP, .rate = 7},
    {.queue = 65000, .has_drop_probability = true, .drop_probability = 0.5},
    {.has_drop_probability = true},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const hosts[] = {"phone=10.0.0.7", "gateway=10.0.0.1", "gateway=fe80::1"};
    struct iotsig_context *context = fuzz_context();
    struct bytes bytes = {data, size};
    struct iotsig_profiles *profiles;
    struct iotsig_firewall *firewall;
    struct iotsig_tree *tree;
    size_t told = 0;
    const struct iotsig_profile_settings settings = {.device = {.mac = "02:00:00:00:00:01"},
                                                     .hosts = hosts,
                                                     .host_count = 3,
                                                     .include_root = "/nonexistent",
                                                     .lenient = size % 5 == 0,
                                                     .problem = require_clean,
                                                     .user = &told};
    REQUIRE(iotsig_profiles_new(&profiles, context, &settings, NULL) == 0);
    if (iotsig_tree_parse(&tree, context, bytes, "fuzz", "/nonexistent", NULL) == 0 &&
        iotsig_profiles_take(profiles, "fuzz", json_incref(iotsig_tree_root(tree)), tree, NULL) ==
            0) {
        REQUIRE(iotsig_profiles_problems(profiles) == told);
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            if (iotsig_firewall_new(&firewall, profiles, &kinds[i], NULL) != 0)
                continue;
            for (unsigned file = 0; file <= IOTSIG_FILE_COUNT; file++)
                if (file == IOTSIG_FILE_COUNT ||
                    iotsig_firewall_file_name(firewall, (enum iotsig_firewall_file)file) != NULL)
                    look_at(firewall, context, (enum iotsig_firewall_file)file);
            iotsig_firewall_free(firewall);
        }
    }
    iotsig_profiles_free(profiles);
    iotsig_context_free(context);
    return 0;
}
