/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The extension module `iotsig._iotsig`: the library for Python, over its public headers and the
 * stable ABI of CPython 3.11.
 *
 * What reads captures has a context of its own and gives the GIL back, so two threads can read two
 * captures. All else holds the GIL, and the short-lived things it makes share the module's context.
 */
#ifndef EXTENSION_H
#define EXTENSION_H

#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "iotsig/build.h"
#include "iotsig/distance.h"
#include "iotsig/firewall.h"
#include "iotsig/format.h"

/** Names of attributes that are looked up often. */
enum name {
    NAME_APPLICATION_LAYER,
    NAME_BYTES,
    NAME_COUNT,
    NAME_DPORT,
    NAME_DST,
    NAME_FIRST,
    NAME_LAST,
    NAME_LENGTH,
    NAME_NETWORK_PROTOCOL,
    NAME_OPEN_HOSTS,
    NAME_PACKETS,
    NAME_PAIRS,
    NAME_PORTS,
    NAME_SPORT,
    NAME_SRC,
    NAME_TIMESTAMP,
    NAME_TRANSPORT_PROTOCOL,
    NAMES
};

/** What belongs to one interpreter. */
struct state {
    struct iotsig_context *context; /**< of all that lives no longer than a call */
    PyObject *error;                /**< iotsig.errors.from_status, which makes exceptions */
    PyObject *warn;                 /**< iotsig.errors.warn */
    PyTypeObject *packet, *layer, *flow, *port, *progress, *pair; /**< struct sequences */
    PyTypeObject *packets, *pattern;
    PyObject *names[NAMES];
    PyObject *words[5];  /**< see enum word; the last is an empty tuple */
    PyObject *odd_words; /**< a list of protocols that are no others: the first is ODD_WORD */
};

enum word { WORD_IPV4, WORD_IPV6, WORD_TCP, WORD_UDP, WORD_NONE };

/** The first of the numbers that stand for protocols of other names in patterns; and the last. */
enum { ODD_WORD = 192, ODD_WORD_LAST = 255 };

struct state *state_of(PyObject *module);

/** Raises what a failure of the library is in Python; a status of cancelling has been raised. */
PyObject *raise_failure(const struct state *state, const struct iotsig_error *error);

/** What it would raise, as an object. */
PyObject *failure_object(const struct state *state, const struct iotsig_error *error);

/** Whether it is an input that failed, in which what was whole counts; or nothing did. */
bool is_of_input(int status);

/** Warns; false when that has raised an exception. */
bool warn(const struct state *state, const struct iotsig_error *what);

/* Texts. */

/** A text of Python as the library takes texts. `bytes` may be NULL: `p` is then the object's own.
 */
struct utf8 {
    const char *p;
    size_t n;
    PyObject *bytes;
};

/**
 * Any text: surrogates become their bytes, and NUL is escaped as names are. False when an exception
 * has been raised, also when `object` is no text. `what` is for its message.
 */
bool utf8_get(PyObject *object, const char *what, struct utf8 *text);
void utf8_free(struct utf8 *text);

/** A new reference to the text, or to None where it is NULL. */
PyObject *text_or_none(const char *text);

/**
 * Put an item, whose reference is taken, into a new list or tuple. Where there is no item, or no
 * list, there is none any more.
 */
void put_in_list(PyObject **list, size_t i, PyObject *item);
void put_in_tuple(PyObject **tuple, size_t i, PyObject *item);

/** Sets a member of a struct sequence, whose reference is taken; false when it is NULL. */
bool set_field(PyObject *sequence, Py_ssize_t i, PyObject *value);

PyObject *network_word(const struct state *state, int network);
PyObject *transport_word(const struct state *state, int transport);

/** The number of a network or transport protocol's name, 0 of None; -1 when an exception was
 * raised. */
int network_number(const struct state *state, PyObject *word);
int transport_number(const struct state *state, PyObject *word);

/** A Layer, or None. */
PyObject *layer_object(const struct state *state, const struct iotsig_layer *layer);

PyObject *time_object(struct iotsig_time time);

/** A pair of numbers. */
PyObject *ratio_object(struct iotsig_ratio ratio);

/** {"IP": {...}, "ALIAS": {...}} */
PyObject *names_object(const struct iotsig_names *names);

/** Adds what such a dict holds. False when an exception has been raised. */
bool names_take(const struct state *state, struct iotsig_names *names, PyObject *dict);

bool same_hosts_take(const struct state *state, struct iotsig_same_hosts *same, PyObject *pairs);

/* Inputs and options. */

/** What is read: a path, or a file that is open. */
struct input {
    PyObject *path; /**< bytes, or NULL */
    const char *name;
    int fd; /**< below 0: the path */
};

/** From a tuple (path or name as bytes, descriptor or -1); borrowed. */
bool input_get(PyObject *tuple, struct input *input);

/** How captures are read, and all that belongs to it. */
struct options {
    struct iotsig_options options;
    struct iotsig_context *context;
    struct iotsig_names *names;
    struct iotsig_same_hosts *same;
    struct utf8 filter;
    const struct state *state;
    PyObject *progress;    /**< a callable, or NULL; borrowed */
    PyThreadState *thread; /**< while the GIL is given back */
};

/**
 * From a tuple (timeout in ns, keep, layers, filter or None, match_random_ports, same_hosts, names
 * or None, progress or None). With a context of its own. False when an exception has been raised.
 */
bool options_init(struct options *options, const struct state *state, PyObject *tuple);
void options_fini(struct options *options);

/** Around what is done without the GIL. */
void options_leave(struct options *options);
void options_enter(struct options *options);

/* Methods of the module, by file. */

extern PyMethodDef packet_methods[], pattern_methods[], object_methods[], host_methods[],
    detect_methods[];
extern PyType_Spec packets_spec, pattern_spec;

/** A Pattern of something that was made with `context`; takes both, also on failure. */
PyObject *pattern_object(const struct state *state, struct iotsig_context *context,
                         struct iotsig_pattern *pattern, const char *input);

/** The library's pattern in a Pattern; NULL, with an exception, when it is none. */
const struct iotsig_pattern *pattern_of(const struct state *state, PyObject *object);

/** Writes a memory output out as text, and frees it. */
PyObject *output_text(const struct state *state, struct iotsig_output *output, int status,
                      const struct iotsig_error *error);

/** A layer of the module's context, of None, a Layer, a text, or what has `_pairs()`. False when an
 * exception has been raised; else `*layer` is to be freed. */
bool layer_take(const struct state *state, PyObject *object, struct iotsig_layer **layer);

#endif
