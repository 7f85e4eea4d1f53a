/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pieces that all pages are made of. */
#ifndef IOTSIG_REPORT_PAGE_H
#define IOTSIG_REPORT_PAGE_H

#include "iotsig/ratio.h"
#include "report/html.h"

/** Room for what the functions below write, with a NUL. */
#define SHORT_TEXT 48

/** "97.3 %", rounded down, so that only the whole is 100 %. */
void iotsig_write_share(char text[SHORT_TEXT], uint64_t part, uint64_t whole);

/** "1.204 s", "3 min 20 s", "2 h 5 min": nanoseconds, rounded down. */
void iotsig_write_duration(char text[SHORT_TEXT], uint64_t ns);

/** "12.34%": where `part` is of `whole`, for what is drawn; at most the whole. */
void iotsig_write_place(char text[SHORT_TEXT], uint64_t part, uint64_t whole);

/** Begins a section with a heading. */
void iotsig_page_section(struct html *html, const char *heading);

/** Begins a table, of which a caption tells what it is. */
void iotsig_page_wide_table(struct html *html, const char *class, const char *caption);

/** Begins a heading in a table, of a "row" or a "col". */
void iotsig_page_heading(struct html *html, const char *scope);

/** Begins such a table and its body: a title each column. Titles that begin with `>` are of
 * numbers. */
void iotsig_page_table(struct html *html, const char *class, const char *caption,
                       const char *const *titles);

/** Ends what iotsig_page_table() began. */
void iotsig_page_table_end(struct html *html);

/** A cell; `class` may be NULL. */
void iotsig_page_cell(struct html *html, const char *class, const char *text);

/** A cell with a number. */
void iotsig_page_number_cell(struct html *html, uint64_t number);

/** A cell with a bar and the words that say the same. */
void iotsig_page_bar(struct html *html, const char *class, uint64_t part, uint64_t whole,
                     const char *text);

/** The same with the words "7/9". */
void iotsig_page_fraction_bar(struct html *html, const char *class, uint64_t part, uint64_t whole);

/** The rectangles of a bar, for one that has more. */
void iotsig_page_bar_parts(struct html *html, uint64_t part, uint64_t whole);

/** A fact in the list at the top of a page (dl). */
void iotsig_page_fact(struct html *html, const char *name, const char *value);
void iotsig_page_number_fact(struct html *html, const char *name, uint64_t number);
void iotsig_page_ratio_fact(struct html *html, const char *name, struct iotsig_ratio ratio);

/** What a feature or flow is called: a small word for its kind, its text, and a detail or NULL. */
void iotsig_page_row_name(struct html *html, const char *kind, const char *text,
                          const char *detail);

/** Begins a list, which is folded when it is long, with a summary such as "12 of 20". */
void iotsig_page_list(struct html *html, size_t count, const char *summary);

/** Ends it; `count` as before. */
void iotsig_page_list_end(struct html *html, size_t count);

/** "1 capture", "2 captures", to the text. */
void iotsig_page_count(struct html *html, uint64_t count, const char *what);

#endif
