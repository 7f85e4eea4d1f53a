/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The style sheet of all pages: sheet.css as lines, to a NULL (scripts/embed). */
#ifndef IOTSIG_REPORT_STYLE_H
#define IOTSIG_REPORT_STYLE_H

extern const char *const iotsig_style_sheet[];

#endif
