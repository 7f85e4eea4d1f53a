/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vendor: protocols of vendors that hide what they say, and do it badly. */
#include "app/app.h"
#include "app/edimax.h"
#include "app/tplink.h"
#include "feature/family.h"

enum kind { TP_LINK, TP_LINK_REPLY, TP_LINK_MODEL, EDIMAX_CODE, EDIMAX_MODEL };

/* Commands that one message gives at most. */
#define COMMANDS_MAX 64

#define DEPTH_MAX 8

static int add(struct collector *collector, const struct seen *seen, enum kind kind,
               const struct line *line, struct iotsig_error *error)
{
    return iotsig_raw_add(collector, seen, FAMILY_VENDOR, (uint8_t)kind, 0, text_of_line(line),
                          error);
}

/* TP-Link */

/* A walk through JSON that may end anywhere (RFC 8259): the path of keys to where it is. */
struct walk {
    struct collector *collector;
    const struct seen *seen;
    struct cursor at;
    struct line path;
    size_t start[DEPTH_MAX + 1]; /* where in `path` the key of each depth begins */
    bool is_array[DEPTH_MAX + 1];
    size_t depth, commands;
    struct line command; /**< of a reply, the last that was kept */
    bool reply;
};

static void set_key(struct walk *walk, struct bytes key)
{
    walk->path.n = walk->start[walk->depth];
    line_string(&walk->path, walk->depth > 1 ? "." : "");
    line_bytes(&walk->path, key);
}

/* A reply is known by its command; of what it tells only the model is kept. */
static int add_reply(struct walk *walk, struct bytes value, struct iotsig_error *error)
{
    struct text path = text_of_line(&walk->path), end = TEXT(".model");
    struct line command = {0};
    line_text(&command, walk->depth > 2 ? (struct text){path.p, walk->start[3]} : path);
    int status = 0;
    if (walk->depth >= 2 && !text_equal(text_of_line(&command), text_of_line(&walk->command))) {
        walk->command = command;
        status = add(walk->collector, walk->seen, TP_LINK_REPLY, &command, error);
    }
    if (status != 0 || value.n == 0 || path.n < end.n ||
        memcmp(walk->path.text + path.n - end.n, end.p, end.n) != 0)
        return status;
    command.n = 0;
    line_bytes(&command, value);
    return add(walk->collector, walk->seen, TP_LINK_MODEL, &command, error);
}

/* A value that is no object; small numbers and truth values tell ON from OFF. */
static int add_value(struct walk *walk, struct bytes value, bool is_string,
                     struct iotsig_error *error)
{
    enum { SMALL = 5 };
    size_t before = walk->path.n;
    if (++walk->commands > COMMANDS_MAX)
        return 0;
    if (walk->reply)
        return add_reply(walk, is_string ? value : (struct bytes){value.p, 0}, error);
    bool null = value.n == 4 && bytes_start_with(value, "null", 4);
    if (!is_string && !null && value.n > 0 && value.n <= SMALL) {
        line_string(&walk->path, "=");
        line_bytes(&walk->path, value);
    }
    int status = add(walk->collector, walk->seen, TP_LINK, &walk->path, error);
    walk->path.n = before;
    return status;
}

static bool is_scalar(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '+' || c == 'E';
}

static int take_string_or_key(struct walk *walk, struct iotsig_error *error)
{
    struct bytes string = iotsig_tplink_string(&walk->at);
    struct cursor ahead = walk->at;
    while (ahead.left > 0 && ahead.p[0] == ' ')
        cursor_skip(&ahead, 1);
    if (!walk->is_array[walk->depth] && cursor_u8(&ahead) == ':') {
        set_key(walk, string);
        walk->at = ahead;
        return 0;
    }
    return add_value(walk, string, true, error);
}

static int enter(struct walk *walk, bool array, struct iotsig_error *error)
{
    struct cursor ahead = walk->at;
    if (!array && walk->depth > 0 && cursor_u8(&ahead) == '}') {
        walk->at = ahead;
        return add_value(walk, (struct bytes){ahead.p, 0}, false, error);
    }
    walk->depth++;
    walk->is_array[walk->depth] = array;
    walk->start[walk->depth] = walk->path.n;
    return 0;
}

static void leave(struct walk *walk)
{
    if (walk->depth > 0)
        walk->path.n = walk->start[walk->depth--];
}

static int walk_json(struct walk *walk, struct iotsig_error *error)
{
    int status = 0;
    while (status == 0 && walk->at.left > 0) {
        struct cursor before = walk->at;
        uint8_t byte = cursor_u8(&walk->at);
        if ((byte == '{' || byte == '[') && walk->depth == DEPTH_MAX)
            return 0;
        if (byte == '{' || byte == '[') {
            status = enter(walk, byte == '[', error);
        } else if (byte == '}' || byte == ']') {
            leave(walk);
        } else if (byte == '"') {
            status = take_string_or_key(walk, error);
        } else if (is_scalar(byte)) {
            size_t n = 1;
            for (; walk->at.left > 0 && is_scalar(walk->at.p[0]); n++)
                cursor_skip(&walk->at, 1);
            status = add_value(walk, cursor_take(&before, n), false, error);
        }
    }
    return status;
}

static int take_tp_link(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    struct plain plain;
    if (!iotsig_tplink_decode(seen->packet, &plain))
        return 0;
    struct walk walk = {.collector = collector,
                        .seen = seen,
                        .at = cursor_of(plain_bytes(&plain)),
                        .reply = seen->packet->src.port == TP_LINK_PORT};
    seen->clear = true;
    return walk_json(&walk, error);
}

/* Edimax */

static int take_edimax(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    struct plain plain;
    struct line code = {0}, model = {0};
    if (!iotsig_edimax_decode(seen->packet, &plain))
        return 0;
    seen->clear = true;
    line_bytes(&code, iotsig_edimax_value(&plain, EDIMAX_CODE_START));
    line_bytes(&model, iotsig_edimax_value(&plain, EDIMAX_MODEL_START));
    int status = code.n == 0 ? 0 : add(collector, seen, EDIMAX_CODE, &code, error);
    return status != 0 || model.n == 0 ? status : add(collector, seen, EDIMAX_MODEL, &model, error);
}

static int take(struct collector *collector, struct seen *seen, struct iotsig_error *error)
{
    const struct packet *packet = seen->packet;
    if (packet->transport == 0 || packet->payload.n == 0)
        return 0;
    if (app_has_port(packet, packet->transport, TP_LINK_PORT))
        return take_tp_link(collector, seen, error);
    if (app_has_port(packet, packet->transport, EDIMAX_PORT))
        return take_edimax(collector, seen, error);
    return 0;
}

static const char *const words[] = {[TP_LINK] = "",
                                    [TP_LINK_REPLY] = "reply ",
                                    [TP_LINK_MODEL] = "model ",
                                    [EDIMAX_CODE] = "code ",
                                    [EDIMAX_MODEL] = "model "};

static bool render(const struct view *view, const struct raw *raw, struct line *line)
{
    const char *way = iotsig_view_way(view, raw);
    if (way == NULL)
        return false;
    line_string(line, raw->kind >= EDIMAX_CODE ? "edimax " : "tp-link ");
    line_string(line, way);
    line_string(line, " ");
    line_string(line, words[raw->kind]);
    iotsig_replace(line, &view->own, raw->text);
    return true;
}

const struct family iotsig_family_vendor = {.name = "vendor",
                                            .id = FAMILY_VENDOR,
                                            .take = take,
                                            .render = render};
