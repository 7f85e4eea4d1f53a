/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between values of Python and of the library. */
#include <string.h>

#include "extension.h"

PyObject *failure_object(const struct state *state, const struct iotsig_error *error)
{
    return PyObject_CallFunction(state->error, "isss", error->status, error->file, error->position,
                                 error->message);
}

bool is_of_input(int status)
{
    return status == 0 || status == IOTSIG_ERR_READ || status == IOTSIG_ERR_FORMAT ||
           status == IOTSIG_ERR_UNSUPPORTED;
}

PyObject *raise_failure(const struct state *state, const struct iotsig_error *error)
{
    if (error->status == IOTSIG_ERR_CANCELLED && PyErr_Occurred())
        return NULL;
    if (error->status == IOTSIG_ERR_MEMORY)
        return PyErr_NoMemory();
    PyObject *exception = failure_object(state, error);
    if (exception != NULL)
        PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    Py_XDECREF(exception);
    return NULL;
}

bool warn(const struct state *state, const struct iotsig_error *what)
{
    PyObject *answer =
        PyObject_CallFunction(state->warn, "sss", what->file, what->position, what->message);
    Py_XDECREF(answer);
    return answer != NULL;
}

/* Texts. */

static bool keep_bytes(PyObject *bytes, struct utf8 *text)
{
    Py_ssize_t n;
    char *p;
    if (bytes == NULL || PyBytes_AsStringAndSize(bytes, &p, &n) != 0) {
        Py_XDECREF(bytes);
        return false;
    }
    *text = (struct utf8){p, (size_t)n, bytes};
    return true;
}

/* Surrogates as their bytes, and NUL as "\000". */
static bool get_odd(PyObject *object, struct utf8 *text)
{
    PyObject *bytes = PyUnicode_AsEncodedString(object, "utf-8", "surrogatepass");
    struct utf8 raw;
    if (!keep_bytes(bytes, &raw))
        return false;
    if (memchr(raw.p, '\0', raw.n) == NULL) {
        *text = raw;
        return true;
    }
    PyObject *escaped = PyObject_CallMethod(raw.bytes, "replace", "y#y#", "\0", (Py_ssize_t)1,
                                            "\\000", (Py_ssize_t)4);
    utf8_free(&raw);
    return keep_bytes(escaped, text);
}

bool utf8_get(PyObject *object, const char *what, struct utf8 *text)
{
    Py_ssize_t n;
    *text = (struct utf8){NULL, 0, NULL};
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be a text", what);
        return false;
    }
    const char *p = PyUnicode_AsUTF8AndSize(object, &n);
    if (p != NULL && memchr(p, '\0', (size_t)n) == NULL) {
        *text = (struct utf8){p, (size_t)n, NULL};
        return true;
    }
    if (p == NULL && !PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
        return false;
    PyErr_Clear();
    return get_odd(object, text);
}

void utf8_free(struct utf8 *text)
{
    Py_CLEAR(text->bytes);
}

/* What the library tells is ASCII, but for paths: these come back as os.fsdecode() has them. */
PyObject *text_or_none(const char *text)
{
    if (text == NULL)
        Py_RETURN_NONE;
    return PyUnicode_DecodeFSDefault(text);
}

void put_in_list(PyObject **list, size_t i, PyObject *item)
{
    if (item == NULL || PyList_SetItem(*list, (Py_ssize_t)i, item) != 0)
        Py_CLEAR(*list);
}

void put_in_tuple(PyObject **tuple, size_t i, PyObject *item)
{
    if (item == NULL || PyTuple_SetItem(*tuple, (Py_ssize_t)i, item) != 0)
        Py_CLEAR(*tuple);
}

bool set_field(PyObject *sequence, Py_ssize_t i, PyObject *value)
{
    PyStructSequence_SetItem(sequence, i, value);
    return value != NULL;
}

/* Protocols. Those that the library does not know have numbers of this interpreter. */

static PyObject *odd_word(const struct state *state, int number)
{
    Py_ssize_t i = number - ODD_WORD;
    if (i < 0 || i >= PyList_Size(state->odd_words))
        Py_RETURN_NONE;
    return Py_NewRef(PyList_GetItem(state->odd_words, i));
}

PyObject *network_word(const struct state *state, int network)
{
    if (network != 4 && network != 6)
        return odd_word(state, network);
    return Py_NewRef(state->words[network == 4 ? WORD_IPV4 : WORD_IPV6]);
}

PyObject *transport_word(const struct state *state, int transport)
{
    if (transport != IOTSIG_TRANSPORT_TCP && transport != IOTSIG_TRANSPORT_UDP)
        return odd_word(state, transport);
    return Py_NewRef(state->words[transport == IOTSIG_TRANSPORT_TCP ? WORD_TCP : WORD_UDP]);
}

static int odd_number(const struct state *state, PyObject *word)
{
    if (!PyUnicode_Check(word)) {
        PyErr_SetString(PyExc_TypeError, "a protocol must be a text or None");
        return -1;
    }
    Py_ssize_t count = PyList_Size(state->odd_words);
    for (Py_ssize_t i = 0; i < count; i++) {
        int same = PyUnicode_Compare(PyList_GetItem(state->odd_words, i), word);
        if (same == 0)
            return ODD_WORD + (int)i;
        if (same == -1 && PyErr_Occurred())
            return -1;
    }
    if (count > ODD_WORD_LAST - ODD_WORD) {
        PyErr_SetString(PyExc_ValueError, "too many protocols that are not known");
        return -1;
    }
    PyObject *copy = PyUnicode_FromObject(word); /* not one of a subclass */
    if (copy == NULL || PyList_Append(state->odd_words, copy) != 0) {
        Py_XDECREF(copy);
        return -1;
    }
    Py_DECREF(copy);
    return ODD_WORD + (int)count;
}

static bool is_word(PyObject *word, const char *text)
{
    return PyUnicode_Check(word) && PyUnicode_CompareWithASCIIString(word, text) == 0;
}

int network_number(const struct state *state, PyObject *word)
{
    if (word == Py_None)
        return 0;
    return is_word(word, "IPv4") ? 4 : is_word(word, "IPv6") ? 6 : odd_number(state, word);
}

int transport_number(const struct state *state, PyObject *word)
{
    if (word == Py_None)
        return 0;
    return is_word(word, "TCP")   ? IOTSIG_TRANSPORT_TCP
           : is_word(word, "UDP") ? IOTSIG_TRANSPORT_UDP
                                  : odd_number(state, word);
}

static PyObject *attributes_of(const struct iotsig_layer *layer)
{
    struct iotsig_attribute attribute;
    Py_ssize_t count = 0;
    while (iotsig_layer_attribute(layer, (size_t)count, &attribute))
        count++;
    PyObject *attributes = PyTuple_New(count);
    for (size_t i = 0; attributes != NULL && iotsig_layer_attribute(layer, i, &attribute); i++)
        put_in_tuple(&attributes, i,
                     attribute.text != NULL ? Py_BuildValue("(ss)", attribute.name, attribute.text)
                                            : Py_BuildValue("(sO)", attribute.name,
                                                            attribute.truth ? Py_True : Py_False));
    return attributes;
}

PyObject *layer_object(const struct state *state, const struct iotsig_layer *layer)
{
    if (layer == NULL)
        Py_RETURN_NONE;
    PyObject *object = PyStructSequence_New(state->layer);
    if (object != NULL &&
        (!set_field(object, 0, PyUnicode_FromString(iotsig_layer_protocol(layer))) ||
         !set_field(object, 1, attributes_of(layer))))
        Py_CLEAR(object);
    return object;
}

PyObject *time_object(struct iotsig_time time)
{
    if (time.digits == 0)
        Py_RETURN_NONE;
    return PyLong_FromLongLong(time.ns);
}

PyObject *ratio_object(struct iotsig_ratio ratio)
{
    return Py_BuildValue("(KK)", (unsigned long long)ratio.num, (unsigned long long)ratio.den);
}

/* Names. */

struct dict_filler {
    PyObject *dict;
    bool failed;
};

static void fill(void *user, const char *key, const char *value)
{
    struct dict_filler *filler = user;
    PyObject *text = filler->failed ? NULL : PyUnicode_FromString(value);
    filler->failed = text == NULL || PyDict_SetItemString(filler->dict, key, text) != 0;
    Py_XDECREF(text);
}

static PyObject *table_object(const struct iotsig_names *names, enum iotsig_names_table table)
{
    struct dict_filler filler = {PyDict_New(), false};
    if (filler.dict == NULL)
        return NULL;
    iotsig_names_each(names, table, fill, &filler);
    if (filler.failed)
        Py_CLEAR(filler.dict);
    return filler.dict;
}

PyObject *names_object(const struct iotsig_names *names)
{
    PyObject *addresses = table_object(names, IOTSIG_NAMES_IP);
    PyObject *aliases = addresses == NULL ? NULL : table_object(names, IOTSIG_NAMES_ALIAS);
    if (aliases == NULL) {
        Py_XDECREF(addresses);
        return NULL;
    }
    return Py_BuildValue("{sNsN}", "IP", addresses, "ALIAS", aliases);
}

static bool set_name(const struct state *state, struct iotsig_names *names,
                     enum iotsig_names_table table, PyObject *key, PyObject *value)
{
    struct utf8 from, to = {NULL, 0, NULL};
    struct iotsig_error error;
    bool done = utf8_get(key, "a key of the table of names", &from) &&
                utf8_get(value, "a name in the table of names", &to);
    if (done && iotsig_names_set(names, table, from.p, to.p, &error) != 0) {
        raise_failure(state, &error);
        done = false;
    }
    utf8_free(&from);
    utf8_free(&to);
    return done;
}

/* The items of a mapping, as they are now: conversions may run code that changes it. */
static PyObject *items_of(PyObject *mapping, const char *what)
{
    if (!PyDict_Check(mapping) && !PyMapping_Check(mapping)) {
        PyErr_Format(PyExc_TypeError, "%s must be a dict", what);
        return NULL;
    }
    return PyDict_Check(mapping) ? PyDict_Items(mapping) : PyMapping_Items(mapping);
}

static bool take_table(const struct state *state, struct iotsig_names *names,
                       enum iotsig_names_table table, PyObject *dict)
{
    PyObject *items = items_of(dict, "a table of names");
    bool done = items != NULL;
    for (Py_ssize_t i = 0; done && i < PyList_Size(items); i++) {
        PyObject *item = PyList_GetItem(items, i);
        done = set_name(state, names, table, PyTuple_GetItem(item, 0), PyTuple_GetItem(item, 1));
    }
    Py_XDECREF(items);
    return done;
}

bool names_take(const struct state *state, struct iotsig_names *names, PyObject *dict)
{
    static const char *const tables[] = {"IP", "ALIAS"};
    if (!PyMapping_Check(dict) || PyUnicode_Check(dict) || PyList_Check(dict) ||
        PyTuple_Check(dict)) {
        PyErr_SetString(PyExc_TypeError, "the tables of names must be a dict");
        return false;
    }
    for (int i = 0; i < 2; i++) {
        PyObject *key = PyUnicode_FromString(tables[i]);
        int has = key == NULL ? -1 : PySequence_Contains(dict, key);
        PyObject *table = has == 1 ? PyObject_GetItem(dict, key) : NULL;
        Py_XDECREF(key);
        bool done = has == 0 ||
                    (table != NULL && take_table(state, names, (enum iotsig_names_table)i, table));
        Py_XDECREF(table);
        if (!done)
            return false;
    }
    return true;
}

static bool add_pair(const struct state *state, struct iotsig_same_hosts *same, PyObject *pair)
{
    PyObject *a, *b, *text = NULL;
    struct utf8 utf8 = {NULL, 0, NULL};
    struct iotsig_error error;
    bool done = false;
    if (PyTuple_Check(pair) && PyTuple_Size(pair) == 2 &&
        PyUnicode_Check(a = PyTuple_GetItem(pair, 0)) &&
        PyUnicode_Check(b = PyTuple_GetItem(pair, 1)))
        text = PyUnicode_FromFormat("%U=%U", a, b);
    else
        PyErr_SetString(PyExc_TypeError, "hosts that are the same must be pairs of texts");
    if (text != NULL && utf8_get(text, "hosts that are the same", &utf8)) {
        /* A leading "@" would be the name of a file. */
        bool refused = utf8.p[0] == '@';
        if (refused)
            PyErr_SetString(PyExc_ValueError, "a host begins with @");
        else if (iotsig_same_hosts_add(same, utf8.p, &error) != 0)
            raise_failure(state, &error);
        else
            done = true;
    }
    utf8_free(&utf8);
    Py_XDECREF(text);
    return done;
}

bool same_hosts_take(const struct state *state, struct iotsig_same_hosts *same, PyObject *pairs)
{
    PyObject *list = PySequence_List(pairs);
    bool done = list != NULL;
    for (Py_ssize_t i = 0; done && i < PyList_Size(list); i++)
        done = add_pair(state, same, PyList_GetItem(list, i));
    Py_XDECREF(list);
    return done;
}

/* Inputs and options. */

bool input_get(PyObject *tuple, struct input *input)
{
    PyObject *name, *fd;
    if (!PyTuple_Check(tuple) || PyTuple_Size(tuple) != 2) {
        PyErr_SetString(PyExc_TypeError, "an input is a name and a descriptor");
        return false;
    }
    name = PyTuple_GetItem(tuple, 0);
    fd = PyTuple_GetItem(tuple, 1);
    char *text;
    /* Without a place for its size, a NUL inside is refused with ValueError. */
    if (PyBytes_AsStringAndSize(name, &text, NULL) != 0)
        return false;
    long number = PyLong_AsLong(fd);
    if (number == -1 && PyErr_Occurred())
        return false;
    *input = (struct input){name, text, (int)number};
    return true;
}

void options_leave(struct options *options)
{
    options->thread = PyEval_SaveThread();
}

void options_enter(struct options *options)
{
    PyEval_RestoreThread(options->thread);
}

static bool call_progress(const struct options *options, const struct iotsig_progress *progress)
{
    if (options->progress == NULL)
        return true;
    PyObject *tuple = PyStructSequence_New(options->state->progress);
    if (tuple == NULL)
        return false;
    PyObject *answer = NULL;
    if (set_field(tuple, 0, text_or_none(progress->path)) &&
        set_field(tuple, 1, PyLong_FromUnsignedLongLong(progress->position)) &&
        set_field(tuple, 2, PyLong_FromUnsignedLongLong(progress->size)) &&
        set_field(tuple, 3, PyLong_FromUnsignedLongLong(progress->packets)))
        answer = PyObject_CallFunctionObjArgs(options->progress, tuple, NULL);
    Py_DECREF(tuple);
    Py_XDECREF(answer);
    return answer != NULL;
}

/* Called by the library now and then, without the GIL: a signal, or what the callback raises, ends
 * the reading. */
static int report(void *user, const struct iotsig_progress *progress)
{
    struct options *options = user;
    options_enter(options);
    bool go_on = PyErr_CheckSignals() == 0 && call_progress(options, progress);
    options_leave(options);
    return go_on ? 0 : 1;
}

static bool parse_lists(struct options *options, PyObject *keep, PyObject *layers)
{
    struct utf8 keep_text, layers_text = {NULL, 0, NULL};
    struct iotsig_error error;
    bool done = utf8_get(keep, "keep", &keep_text) && utf8_get(layers, "layers", &layers_text);
    if (done &&
        ((keep_text.n > 0 && iotsig_keep_parse(&options->options.keep, keep_text.p, &error) != 0) ||
         (layers_text.n > 0 &&
          iotsig_layers_parse(&options->options.layers, layers_text.p, &error) != 0))) {
        raise_failure(options->state, &error);
        done = false;
    }
    utf8_free(&keep_text);
    utf8_free(&layers_text);
    return done;
}

static bool make_tables(struct options *options, PyObject *same, PyObject *names)
{
    struct iotsig_error error;
    if (iotsig_same_hosts_new(&options->same, options->context, &error) != 0 ||
        iotsig_names_new(&options->names, options->context, &error) != 0) {
        raise_failure(options->state, &error);
        return false;
    }
    options->options.names = options->names;
    Py_ssize_t pairs = PyObject_Size(same);
    if (pairs > 0) /* none at all is quicker than an empty list of pairs */
        options->options.same_hosts = options->same;
    return pairs >= 0 && same_hosts_take(options->state, options->same, same) &&
           (names == Py_None || names_take(options->state, options->names, names));
}

bool options_init(struct options *options, const struct state *state, PyObject *tuple)
{
    PyObject *keep, *layers, *filter, *same, *names, *progress;
    long long timeout;
    int random_ports;
    struct iotsig_error error;
    *options = (struct options){.options = IOTSIG_OPTIONS_DEFAULT, .state = state};
    if (!PyArg_ParseTuple(tuple, "LOOOpOOO", &timeout, &keep, &layers, &filter, &random_ports,
                          &same, &names, &progress))
        return false;
    if (iotsig_context_new(&options->context, NULL, &error) != 0) {
        raise_failure(state, &error);
        return false;
    }
    options->options.timeout_ns = timeout;
    options->options.match_random_ports = random_ports != 0;
    options->options.progress = report;
    options->options.user = options;
    options->progress = progress == Py_None ? NULL : progress;
    bool done = parse_lists(options, keep, layers) && make_tables(options, same, names);
    if (done && filter != Py_None) {
        done = utf8_get(filter, "filter", &options->filter);
        options->options.filter = options->filter.p;
    }
    if (!done)
        options_fini(options);
    return done;
}

void options_fini(struct options *options)
{
    iotsig_names_free(options->names);
    iotsig_same_hosts_free(options->same);
    iotsig_context_free(options->context);
    utf8_free(&options->filter);
    options->names = NULL;
    options->same = NULL;
    options->context = NULL;
}
