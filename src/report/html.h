/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTML leaves through this writer, and nothing else in the library writes any.
 *
 * It is given elements, attributes and texts, never markup: whatever a text holds, it is shown.
 * What cannot be seen or would turn the direction of the line is shown as an escape. Elements are
 * closed in the order in which they must be.
 */
#ifndef IOTSIG_REPORT_HTML_H
#define IOTSIG_REPORT_HTML_H

#include "base/output.h"

/** Elements that can be open at once. */
#define HTML_DEPTH 24

/** Start with the output, and all else zero. */
struct html {
    struct iotsig_output *output;
    const char *open[HTML_DEPTH]; /**< innermost last */
    size_t depth;
    bool in_tag; /**< attributes may follow */
};

/** Begins an element; its name is a constant. */
void iotsig_html_begin(struct html *html, const char *element);

/** An attribute of the element that was just begun; `name` is a constant. */
void iotsig_html_attribute(struct html *html, const char *name, const char *value);

/** Its attribute class. */
void iotsig_html_class(struct html *html, const char *value);

/** Text in the innermost element. */
void iotsig_html_text(struct html *html, const char *text);
void iotsig_html_number(struct html *html, uint64_t number);

/** Ends the innermost element. */
void iotsig_html_end(struct html *html);

/** A whole element with a text; `class` may be NULL. */
void iotsig_html_element(struct html *html, const char *element, const char *class,
                         const char *text);

/**
 * Begins the document, its head and its body, with the one style sheet. Nothing can be loaded from
 * anywhere, and no script can run: the page itself forbids it (Content Security Policy level 3).
 */
void iotsig_html_start(struct html *html, const char *title);

/** Ends all that is open. */
void iotsig_html_finish(struct html *html);

#endif
