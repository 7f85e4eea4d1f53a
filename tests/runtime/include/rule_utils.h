/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Generated programs link a library of this name; they call nothing of it. */
#ifndef RUNTIME_RULE_UTILS_H
#define RUNTIME_RULE_UTILS_H
#endif
