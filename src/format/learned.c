/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of learned signatures: JSON, a line for each feature, for people to read.
 *
 * What is written is read back to the same signature, and that is written to the same bytes. The
 * flows are told twice, as features and in their parts; only the features are read.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/context.h"
#include "base/error.h"
#include "base/folder.h"
#include "format/cells.h"
#include "format/learned.h"
#include "format/rows.h"
#include "iotsig/listing.h"

/* How a file begins, and by which it is known. */
#define BEGINNING "{\"" LEARNED_KEY "\": "

static void put_fraction(struct iotsig_output *output, uint64_t num, uint64_t den)
{
    put_string(output, "\"");
    iotsig_put_number(output, num);
    put_string(output, "/");
    iotsig_put_number(output, den);
    put_string(output, "\"");
}

static void put_ratio(struct iotsig_output *output, struct iotsig_ratio ratio)
{
    put_fraction(output, ratio.num, ratio.den);
}

/* Decimals of a number of parts: "3.25" is 325 hundredths. */
static void put_decimal(struct iotsig_output *output, uint64_t number, int decimals)
{
    char text[32];
    uint64_t one = 1;
    for (int i = 0; i < decimals; i++)
        one *= 10;
    snprintf(text, sizeof text, "\"%llu.%0*llu\"", (unsigned long long)(number / one), decimals,
             (unsigned long long)(number % one));
    put_string(output, text);
}

static void put_texts(struct iotsig_output *output, const char *name,
                      const struct iotsig_learned *learned,
                      const char *(*text)(const struct iotsig_learned *learned, size_t i))
{
    put_string(output, name);
    for (size_t i = 0; text(learned, i) != NULL; i++) {
        iotsig_put_member(output, i == 0 ? "\n  " : ",\n  ", text(learned, i));
    }
    put_string(output, "]");
}

void iotsig_bits_text(char text[BITS_TEXT], uint64_t hundredths)
{
    snprintf(text, BITS_TEXT, "%llu.%02u", (unsigned long long)(hundredths / 100),
             (unsigned)(hundredths % 100));
}

void iotsig_digest_text(char text[DIGEST_TEXT], const struct iotsig_origin *origin)
{
    text[0] = '\0';
    for (size_t i = 0; i < sizeof origin->sha256 && origin->size > 0; i++)
        snprintf(text + 2 * i, 3, "%02x", origin->sha256[i]);
}

static void put_origin(struct iotsig_output *output, const struct iotsig_origin *origin)
{
    char digest[DIGEST_TEXT];
    iotsig_digest_text(digest, origin);
    iotsig_put_member(output, "{\"name\": ", origin->name);
    iotsig_put_number_member(output, ", \"size\": ", origin->size);
    iotsig_put_member(output, ", \"sha256\": ", digest[0] != '\0' ? digest : NULL);
    iotsig_put_member(output, ", \"device\": ", origin->device);
    put_string(output, ", \"duration\": ");
    put_decimal(output, (uint64_t)origin->duration_ns, 9);
    iotsig_put_member(output, ", \"left_out\": ", origin->left_out);
    put_string(output, "}");
}

static void put_origins(struct iotsig_output *output, const struct iotsig_learned *learned)
{
    struct iotsig_origin origin;
    put_string(output, " \"origins\": [");
    for (size_t i = 0; iotsig_learned_origin(learned, i, &origin); i++) {
        put_string(output, i == 0 ? "\n  " : ",\n  ");
        put_origin(output, &origin);
    }
    put_string(output, "]");
}

static void put_trait(struct iotsig_output *output, const struct iotsig_learned *learned,
                      const struct iotsig_trait *trait)
{
    iotsig_put_member(output, "{\"family\": ", trait->family);
    iotsig_put_member(output, ", \"feature\": ", trait->text);
    if (trait->role == IOTSIG_FORBIDDEN) {
        put_string(output, ", \"captures\": ");
        iotsig_put_number(output, trait->support);
        put_string(output, "}");
        return;
    }
    put_string(output, ", \"support\": ");
    put_fraction(output, trait->support, iotsig_learned_captures(learned));
    if (trait->role == IOTSIG_MANDATORY) {
        put_string(output, ", \"bits\": ");
        put_decimal(output, trait->weight, 2);
    }
    put_string(output, ", \"seen\": [");
    iotsig_put_number(output, trait->least);
    put_string(output, ", ");
    iotsig_put_number(output, trait->most);
    put_string(output, "]}");
}

static const char *const role_names[] = {[IOTSIG_MANDATORY] = LEARNED_MANDATORY,
                                         [IOTSIG_OPTIONAL] = LEARNED_OPTIONAL,
                                         [IOTSIG_FORBIDDEN] = LEARNED_FORBIDDEN};

static void put_traits(struct iotsig_output *output, const struct iotsig_learned *learned,
                       enum iotsig_role role)
{
    struct iotsig_trait trait;
    bool any = false;
    put_string(output, " \"");
    put_string(output, role_names[role]);
    put_string(output, "\": [");
    for (size_t i = 0; i < iotsig_learned_count(learned); i++) {
        iotsig_learned_trait(learned, i, &trait);
        if (trait.role != role)
            continue;
        put_string(output, any ? ",\n  " : "\n  ");
        put_trait(output, learned, &trait);
        any = true;
    }
    put_string(output, "]");
}

/* The words of "out tcp www.example.com 443"; false: it is not made of these. */
static bool split_flow(const char *text, struct text words[4])
{
    for (size_t i = 0; i < 4; i++) {
        size_t n = strcspn(text, " ");
        words[i] = (struct text){text, n};
        if (n == 0 || (text[n] == '\0') != (i == 3))
            return false;
        text += n + (i < 3);
    }
    return true;
}

static bool put_flow(struct iotsig_output *output, const struct iotsig_learned *learned,
                     const struct iotsig_trait *trait, bool any)
{
    static const char *const names[] = {"direction", "transport", "peer", "port"};
    struct text words[4];
    if (trait->role == IOTSIG_FORBIDDEN || strcmp(trait->family, "flow") != 0 ||
        !split_flow(trait->text, words))
        return false;
    put_string(output, any ? ",\n  {" : "\n  {");
    for (size_t i = 0; i < 4; i++) {
        put_string(output, i == 0 ? "\"" : ", \"");
        put_string(output, names[i]);
        put_string(output, "\": ");
        iotsig_put_json(output, words[i]);
    }
    put_string(output, ", \"mandatory\": ");
    put_string(output, trait->role == IOTSIG_MANDATORY ? "true" : "false");
    put_string(output, ", \"support\": ");
    put_fraction(output, trait->support, iotsig_learned_captures(learned));
    put_string(output, "}");
    return true;
}

static void put_flows(struct iotsig_output *output, const struct iotsig_learned *learned)
{
    struct iotsig_trait trait;
    bool any = false;
    put_string(output, " \"flows\": [");
    for (size_t i = 0; i < iotsig_learned_count(learned); i++) {
        iotsig_learned_trait(learned, i, &trait);
        any |= put_flow(output, learned, &trait, any);
    }
    put_string(output, "]");
}

static void write_json(const struct iotsig_learned *learned, struct iotsig_output *output)
{
    struct iotsig_learn_options options;
    uint64_t events, captures;
    iotsig_learned_options(learned, &options);
    iotsig_learned_against(learned, &events, &captures);
    put_string(output, BEGINNING);
    iotsig_put_number(output, LEARNED_VERSION);
    iotsig_put_member(output, ",\n \"event\": ", iotsig_learned_event(learned));
    put_string(output, ",\n \"captures\": ");
    iotsig_put_number(output, iotsig_learned_captures(learned));
    put_string(output, ",\n \"against\": {\"events\": ");
    iotsig_put_number(output, events);
    put_string(output, ", \"captures\": ");
    iotsig_put_number(output, captures);
    put_string(output, "},\n \"options\": {\"min_support\": ");
    put_ratio(output, options.min_support);
    put_string(output, ", \"min_coverage\": ");
    put_ratio(output, options.min_coverage);
    iotsig_put_member(output, ", \"families\": ", options.families);
    put_string(output, "},\n \"duration\": ");
    put_decimal(output, (uint64_t)iotsig_learned_duration(learned), 9);
    put_texts(output, ",\n \"group\": [", learned, iotsig_learned_group);
    put_texts(output, ",\n \"warnings\": [", learned, iotsig_learned_warning);
    for (int role = IOTSIG_MANDATORY; role <= IOTSIG_FORBIDDEN; role++) {
        put_string(output, ",\n");
        put_traits(output, learned, (enum iotsig_role)role);
    }
    put_string(output, ",\n");
    put_flows(output, learned);
    put_string(output, ",\n");
    put_origins(output, learned);
    put_string(output, "}\n");
}

/* For people. */

static void put_head(const struct iotsig_learned *learned, struct iotsig_output *output)
{
    const char *text;
    iotsig_put_safe(output, iotsig_learned_event(learned));
    put_string(output, ": ");
    iotsig_put_count(output, iotsig_learned_captures(learned), "capture");
    for (size_t i = 0; (text = iotsig_learned_group(learned, i)) != NULL; i++) {
        put_string(output, i == 0 ? "; not told apart from " : ", ");
        iotsig_put_safe(output, text);
    }
    put_string(output, "\n");
    for (size_t i = 0; (text = iotsig_learned_warning(learned, i)) != NULL; i++) {
        put_string(output, "warning: ");
        iotsig_put_safe(output, text);
        put_string(output, "\n");
    }
}

static bool write_table(const struct iotsig_learned *learned, struct iotsig_context *context,
                        struct iotsig_output *output, const struct iotsig_style *style)
{
    static const char *const titles[] = {"", ">support", ">bits", "family", "feature", NULL};
    static const char *const words[] = {"mandatory", "optional", "must not"};
    struct table table;
    put_head(learned, output);
    iotsig_table_init(&table, &context->allocator, output, style, titles);
    for (size_t i = 0; i < iotsig_learned_count(learned); i++) {
        struct iotsig_trait trait;
        char support[48], bits[BITS_TEXT] = "";
        iotsig_learned_trait(learned, i, &trait);
        bool forbidden = trait.role == IOTSIG_FORBIDDEN;
        int n = snprintf(support, sizeof support, forbidden ? "%llu" : "%llu/%llu",
                         (unsigned long long)trait.support,
                         (unsigned long long)iotsig_learned_captures(learned));
        if (trait.role == IOTSIG_MANDATORY)
            iotsig_bits_text(bits, trait.weight);
        iotsig_table_cell(&table, text_of(words[trait.role]));
        iotsig_table_cell(&table, (struct text){support, (size_t)n});
        iotsig_table_cell(&table, text_of(bits));
        iotsig_table_cell(&table, text_of(trait.family));
        iotsig_table_cell(&table, text_of(trait.text));
    }
    return iotsig_table_finish(&table);
}

int iotsig_learned_write(const struct iotsig_learned *learned, struct iotsig_context *context,
                         struct iotsig_output *output, const struct iotsig_style *style,
                         struct iotsig_error *error)
{
    if (style->format == IOTSIG_FORMAT_JSON)
        write_json(learned, output);
    else if (style->format != IOTSIG_FORMAT_TEXT)
        return iotsig_fail(error, IOTSIG_ERR_ARGUMENT,
                           "a learned signature is text or json (use one of these)");
    else if (!write_table(learned, context, output, style))
        return iotsig_fail_memory(error);
    return 0;
}

/* Libraries. */

static size_t count_role(const struct iotsig_learned *learned, enum iotsig_role role)
{
    struct iotsig_trait trait;
    size_t n = 0;
    for (size_t i = 0; i < iotsig_learned_count(learned); i++) {
        iotsig_learned_trait(learned, i, &trait);
        n += trait.role == role;
    }
    return n;
}

static size_t count_texts(const struct iotsig_learned *learned,
                          const char *(*text)(const struct iotsig_learned *learned, size_t i))
{
    size_t n = 0;
    while (text(learned, n) != NULL)
        n++;
    return n;
}

static void list_row(const struct iotsig_learned *learned, struct table *table)
{
    struct cell group = {0};
    char bits[BITS_TEXT];
    const char *akin;
    iotsig_bits_text(bits, iotsig_learned_weight(learned));
    for (size_t i = 0; (akin = iotsig_learned_group(learned, i)) != NULL; i++) {
        iotsig_cell_add(&group, i == 0 ? "" : ", ");
        iotsig_cell_add(&group, akin);
    }
    iotsig_table_cell(table, text_of(iotsig_learned_event(learned)));
    iotsig_table_number(table, iotsig_learned_captures(learned));
    for (int role = IOTSIG_MANDATORY; role <= IOTSIG_FORBIDDEN; role++)
        iotsig_table_number(table, count_role(learned, (enum iotsig_role)role));
    iotsig_table_cell(table, text_of(bits));
    iotsig_table_number(table, count_texts(learned, iotsig_learned_warning));
    iotsig_cell_put(&group, table);
}

static void list_object(const struct iotsig_learned *learned, struct iotsig_output *output)
{
    static const char *const names[] = {",\"mandatory\":", ",\"optional\":", ",\"must_not\":"};
    const char *said;
    iotsig_put_member(output, "{\"event\":", iotsig_learned_event(learned));
    iotsig_put_number_member(output, ",\"captures\":", iotsig_learned_captures(learned));
    for (int role = IOTSIG_MANDATORY; role <= IOTSIG_FORBIDDEN; role++)
        iotsig_put_number_member(output, names[role], count_role(learned, (enum iotsig_role)role));
    put_string(output, ",\"bits\":");
    put_decimal(output, iotsig_learned_weight(learned), 2);
    put_string(output, ",\"group\":[");
    for (size_t i = 0; (said = iotsig_learned_group(learned, i)) != NULL; i++)
        iotsig_put_member(output, i == 0 ? "" : ",", said);
    put_string(output, "],\"warnings\":[");
    for (size_t i = 0; (said = iotsig_learned_warning(learned, i)) != NULL; i++)
        iotsig_put_member(output, i == 0 ? "" : ",", said);
    put_string(output, "]}");
}

static void list_csv(const struct iotsig_learned *learned, struct iotsig_output *output)
{
    char bits[BITS_TEXT];
    iotsig_bits_text(bits, iotsig_learned_weight(learned));
    iotsig_put_csv(output, text_of(iotsig_learned_event(learned)));
    iotsig_put_number_member(output, ",", iotsig_learned_captures(learned));
    for (int role = IOTSIG_MANDATORY; role <= IOTSIG_FORBIDDEN; role++)
        iotsig_put_number_member(output, ",", count_role(learned, (enum iotsig_role)role));
    put_string(output, ",");
    put_string(output, bits);
    put_string(output, "\r\n");
}

int iotsig_library_list(const struct iotsig_library *library, struct iotsig_context *context,
                        struct iotsig_output *output, const struct iotsig_style *style,
                        struct iotsig_error *error)
{
    static const char *const titles[] = {"event",     ">captures",           ">mandatory",
                                         ">optional", ">must not",           ">bits",
                                         ">warnings", "not told apart from", NULL};
    struct rows *rows;
    int status =
        iotsig_rows_new(&rows, context, output, style,
                        "event,captures,mandatory,optional,must_not,bits\r\n", titles, error);
    for (size_t i = 0; status == 0 && i < iotsig_library_count(library); i++) {
        const struct iotsig_learned *learned = iotsig_library_get(library, i);
        iotsig_rows_begin(rows);
        switch (style->format) {
        case IOTSIG_FORMAT_TEXT: list_row(learned, &rows->table); break;
        case IOTSIG_FORMAT_CSV: list_csv(learned, output); break;
        default: list_object(learned, output); iotsig_rows_end(rows);
        }
    }
    return status == 0 ? iotsig_rows_free(rows, error) : status;
}

/* Folders. */

/* As many bytes as there are, at most `room`; -1: with errno. */
static ssize_t read_start(int fd, char *to, size_t room)
{
    size_t n = 0;
    while (n < room) {
        ssize_t got = read(fd, to + n, room - n);
        if (got < 0 && errno != EINTR)
            return -1;
        if (got == 0)
            break;
        n += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)n;
}

/* Whether it failed because this is no regular file: a link, a folder, a socket, a pipe. */
static bool is_of_no_file(int number)
{
    return number == ELOOP || number == EISDIR || number == ENXIO || number == EAGAIN;
}

static int is_learned_file(const char *path, struct iotsig_error *error)
{
    char start[sizeof BEGINNING - 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : read_start(fd, start, sizeof start);
    int number = errno;
    if (fd >= 0)
        close(fd);
    if (n >= 0)
        return n == (ssize_t)sizeof start && memcmp(start, BEGINNING, sizeof start) == 0;
    if (is_of_no_file(number))
        return 0;
    iotsig_fail(error, IOTSIG_ERR_WRITE, "cannot be replaced, for it cannot be read: %s",
                strerror(number));
    return iotsig_fail_in(error, IOTSIG_ERR_WRITE, path);
}

/* For the writer of folders. */
struct files {
    const struct iotsig_library *library;
};

static int write_file(void *user, size_t i, struct iotsig_output *output,
                      struct iotsig_error *error)
{
    const struct files *files = user;
    (void)error;
    write_json(iotsig_library_get(files->library, i), output);
    return 0;
}

/* "EVENT.json" of each signature. */
static int name_files(const struct iotsig_library *library, struct iotsig_arena *arena,
                      const char **names, struct iotsig_error *error)
{
    for (size_t i = 0; i < iotsig_library_count(library); i++) {
        const char *event = iotsig_learned_event(iotsig_library_get(library, i));
        size_t n = strlen(event);
        char *name = iotsig_arena_get(arena, n + sizeof LEARNED_ENDING);
        if (name == NULL)
            return iotsig_fail_memory(error);
        memcpy(name, event, n);
        memcpy(name + n, LEARNED_ENDING, sizeof LEARNED_ENDING);
        names[i] = name;
    }
    return 0;
}

int iotsig_library_write(const struct iotsig_library *library, struct iotsig_context *context,
                         const char *path, struct iotsig_error *error)
{
    struct files files = {library};
    struct iotsig_arena arena;
    iotsig_arena_init(&arena, &context->allocator);
    size_t count = iotsig_library_count(library);
    const char **names = iotsig_arena_get(&arena, (count + 1) * sizeof *names);
    int status =
        names == NULL ? iotsig_fail_memory(error) : name_files(library, &arena, names, error);
    if (status == 0) {
        const struct folder folder = {.path = path,
                                      .names = names,
                                      .known = names,
                                      .count = count,
                                      .write = write_file,
                                      .user = &files,
                                      .is_known = is_learned_file};
        status = iotsig_folder_write(&folder, context, error);
    }
    iotsig_arena_fini(&arena);
    return status;
}
