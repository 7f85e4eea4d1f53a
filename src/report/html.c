/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/html.h"

#include <assert.h>
#include <nettle/base64.h>
#include <nettle/sha2.h>

#include "iotsig/base.h"
#include "report/style.h"

/* Text. */

static const char *entity(char c)
{
    switch (c) {
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '&': return "&amp;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

static void put_escaped(struct html *html, const char *text)
{
    struct bytes bytes = {(const uint8_t *)text, strlen(text)};
    while (bytes.n > 0) {
        char piece[IOTSIG_ESCAPED_MAX];
        size_t plain = 0;
        while (plain < bytes.n && is_printable(bytes.p[plain]) &&
               entity((char)bytes.p[plain]) == NULL)
            plain++;
        iotsig_output_put(html->output, bytes.p, plain);
        bytes = (struct bytes){bytes.p + plain, bytes.n - plain};
        if (bytes.n == 0)
            return;
        size_t n = iotsig_take_shown(&bytes, piece);
        if (n == 1 && entity(piece[0]) != NULL)
            put_string(html->output, entity(piece[0]));
        else
            iotsig_output_put(html->output, piece, n);
    }
}

static void close_tag(struct html *html)
{
    if (html->in_tag)
        put_string(html->output, ">");
    html->in_tag = false;
}

void iotsig_html_text(struct html *html, const char *text)
{
    close_tag(html);
    put_escaped(html, text);
}

void iotsig_html_number(struct html *html, uint64_t number)
{
    close_tag(html);
    iotsig_put_number(html->output, number);
}

/* Elements. */

/* Lines are for people who read the source. */
static bool begins_line(const char *element)
{
    static const char *const names[] = {"html",    "head",    "meta",   "title", "style",
                                        "body",    "main",    "header", "h1",    "h2",
                                        "section", "table",   "thead",  "tbody", "caption",
                                        "tr",      "p",       "ul",     "li",    "dl",
                                        "dt",      "details", "h3",     "footer"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], element) == 0)
            return true;
    return false;
}

/* Without an end, as meta has none; attributes follow. */
static void open_tag(struct html *html, const char *element)
{
    close_tag(html);
    put_string(html->output, begins_line(element) ? "\n<" : "<");
    put_string(html->output, element);
    html->in_tag = true;
}

void iotsig_html_begin(struct html *html, const char *element)
{
    assert(html->depth < HTML_DEPTH);
    open_tag(html, element);
    html->open[html->depth++] = element;
}

void iotsig_html_attribute(struct html *html, const char *name, const char *value)
{
    assert(html->in_tag);
    put_string(html->output, " ");
    put_string(html->output, name);
    put_string(html->output, "=\"");
    put_escaped(html, value);
    put_string(html->output, "\"");
}

void iotsig_html_class(struct html *html, const char *value)
{
    iotsig_html_attribute(html, "class", value);
}

void iotsig_html_end(struct html *html)
{
    close_tag(html);
    put_string(html->output, "</");
    put_string(html->output, html->open[--html->depth]);
    put_string(html->output, ">");
}

void iotsig_html_element(struct html *html, const char *element, const char *class,
                         const char *text)
{
    iotsig_html_begin(html, element);
    if (class != NULL)
        iotsig_html_class(html, class);
    iotsig_html_text(html, text);
    iotsig_html_end(html);
}

/* The document. */

static void put_meta(struct html *html, const char *key, const char *name, const char *content)
{
    open_tag(html, "meta");
    iotsig_html_attribute(html, key, name);
    iotsig_html_attribute(html, "content", content);
    close_tag(html);
}

/* A browser applies this very style sheet and no other. */
static void put_policy(struct html *html)
{
    static const char before[] = "default-src 'none'; style-src 'sha256-",
                      after[] = "'; base-uri 'none'; form-action 'none'";
    char policy[sizeof before + BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + sizeof after];
    struct sha256_ctx sha;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&sha);
    for (const char *const *line = iotsig_style_sheet; *line != NULL; line++)
        sha256_update(&sha, strlen(*line), (const uint8_t *)*line);
    sha256_digest(&sha, sizeof digest, digest);
    char *at = policy;
    memcpy(at, before, sizeof before - 1);
    at += sizeof before - 1;
    base64_encode_raw(at, sizeof digest, digest);
    at += (size_t)BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE);
    memcpy(at, after, sizeof after);
    put_meta(html, "http-equiv", "Content-Security-Policy", policy);
}

static void put_style(struct html *html)
{
    iotsig_html_begin(html, "style");
    close_tag(html);
    for (const char *const *line = iotsig_style_sheet; *line != NULL; line++)
        put_string(html->output, *line);
    iotsig_html_end(html);
}

void iotsig_html_start(struct html *html, const char *title)
{
    put_string(html->output, "<!DOCTYPE html>");
    iotsig_html_begin(html, "html");
    iotsig_html_attribute(html, "lang", "en");
    iotsig_html_begin(html, "head");
    open_tag(html, "meta");
    iotsig_html_attribute(html, "charset", "utf-8");
    put_policy(html);
    put_meta(html, "name", "viewport", "width=device-width, initial-scale=1");
    put_meta(html, "name", "color-scheme", "light dark");
    put_meta(html, "name", "referrer", "no-referrer");
    iotsig_html_element(html, "title", NULL, title);
    put_style(html);
    iotsig_html_end(html);
    iotsig_html_begin(html, "body");
    iotsig_html_begin(html, "main");
}

void iotsig_html_finish(struct html *html)
{
    while (html->depth > 0)
        iotsig_html_end(html);
    put_string(html->output, "\n");
}
