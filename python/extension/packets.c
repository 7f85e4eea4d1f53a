/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets of a capture: one by one, or all of them as columns. */
#include <stdlib.h>
#include <string.h>

#include "extension.h"

static int open_packets(struct iotsig_packets **out, const struct input *input,
                        const struct options *options, struct iotsig_error *error)
{
    if (input->fd >= 0)
        return iotsig_packets_open_fd(out, options->context, input->fd, input->name,
                                      &options->options, error);
    return iotsig_packets_open(out, options->context, input->name, &options->options, error);
}

/* The file is opened and read for the names without the GIL. */
static struct iotsig_packets *open_without_gil(const struct input *input, struct options *options)
{
    struct iotsig_packets *packets = NULL;
    struct iotsig_error error;
    options_leave(options);
    int status = open_packets(&packets, input, options, &error);
    options_enter(options);
    if (status == 0)
        return packets;
    raise_failure(options->state, &error);
    return NULL;
}

/* One by one. */

/* Texts that packets had lately: a slot has one whose hash leads to it. */
#define TEXTS 256

struct packets_object {
    PyObject_HEAD struct options *options;
    struct iotsig_packets *packets;
    PyObject *progress; /* what the options borrow */
    PyObject *texts[TEXTS];
};

static void close_packets(struct packets_object *self)
{
    iotsig_packets_close(self->packets);
    self->packets = NULL;
    if (self->options != NULL)
        options_fini(self->options);
    PyMem_Free(self->options);
    self->options = NULL;
    for (size_t i = 0; i < TEXTS; i++)
        Py_CLEAR(self->texts[i]);
}

static void packets_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    struct packets_object *self = (struct packets_object *)object;
    close_packets(self);
    Py_CLEAR(self->progress);
    PyObject_GC_Del(object);
    Py_DECREF(type);
}

static int packets_traverse(PyObject *object, visitproc visit, void *arg)
{
    struct packets_object *self = (struct packets_object *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->progress);
    return 0;
}

static int packets_clear(PyObject *object)
{
    Py_CLEAR(((struct packets_object *)object)->progress);
    return 0;
}

static PyObject *host_text(struct packets_object *self, const char *text)
{
    size_t hash = 5381;
    for (const char *at = text; *at != '\0'; at++)
        hash = hash * 33 + (unsigned char)*at;
    PyObject **known = &self->texts[hash % TEXTS];
    if (*known == NULL || PyUnicode_CompareWithASCIIString(*known, text) != 0) {
        PyObject *made = PyUnicode_FromString(text);
        if (made == NULL)
            return NULL;
        Py_XDECREF(*known);
        *known = made;
    }
    return Py_NewRef(*known);
}

static PyObject *packet_object(struct packets_object *self, const struct iotsig_packet *packet)
{
    const struct state *state = self->options->state;
    PyObject *object = PyStructSequence_New(state->packet);
    if (object != NULL && (!set_field(object, 0, PyLong_FromUnsignedLongLong(packet->id)) ||
                           !set_field(object, 1, time_object(packet->time)) ||
                           !set_field(object, 2, network_word(state, packet->network)) ||
                           !set_field(object, 3, host_text(self, packet->src)) ||
                           !set_field(object, 4, host_text(self, packet->dst)) ||
                           !set_field(object, 5, transport_word(state, packet->transport)) ||
                           !set_field(object, 6, PyLong_FromLong(packet->sport)) ||
                           !set_field(object, 7, PyLong_FromLong(packet->dport)) ||
                           !set_field(object, 8, layer_object(state, packet->layer)) ||
                           !set_field(object, 9, PyLong_FromUnsignedLongLong(packet->length))))
        Py_CLEAR(object);
    return object;
}

/* That the capture ends inside a packet. */
static bool tell_cut(const struct state *state, const struct iotsig_packets *packets)
{
    struct iotsig_error warning;
    return !iotsig_packets_is_cut(packets, &warning) || warn(state, &warning);
}

static PyObject *packets_next(PyObject *object)
{
    struct packets_object *self = (struct packets_object *)object;
    struct iotsig_packet packet;
    struct iotsig_error error;
    if (self->packets == NULL)
        return NULL;
    int status = iotsig_packets_next(self->packets, &packet, &error);
    if (status == 1)
        return packet_object(self, &packet);
    const struct state *state = self->options->state;
    if (status < 0)
        raise_failure(state, &error);
    else
        (void)tell_cut(state, self->packets);
    close_packets(self);
    return NULL;
}

static PyObject *packets_names(PyObject *object, PyObject *ignored)
{
    struct packets_object *self = (struct packets_object *)object;
    (void)ignored;
    if (self->packets == NULL)
        Py_RETURN_NONE;
    return names_object(iotsig_packets_names(self->packets));
}

static PyObject *packets_close(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    close_packets((struct packets_object *)object);
    Py_RETURN_NONE;
}

static PyMethodDef packets_object_methods[] = {
    {"hosts", packets_names, METH_NOARGS, "The tables of names that are known; None once closed."},
    {"close", packets_close, METH_NOARGS, "Closes the capture; there are no more packets."},
    {NULL, NULL, 0, NULL}};

static char packets_doc[] = "An iterator over the packets of a capture.";

static PyType_Slot packets_slots[] = {{Py_tp_dealloc, (void *)packets_dealloc},
                                      {Py_tp_traverse, (void *)packets_traverse},
                                      {Py_tp_clear, (void *)packets_clear},
                                      {Py_tp_iter, (void *)PyObject_SelfIter},
                                      {Py_tp_iternext, (void *)packets_next},
                                      {Py_tp_methods, packets_object_methods},
                                      {Py_tp_doc, packets_doc},
                                      {0, NULL}};

PyType_Spec packets_spec = {.name = "iotsig._iotsig.Packets",
                            .basicsize = sizeof(struct packets_object),
                            .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                                     Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
                            .slots = packets_slots};

static PyObject *packets(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *input_tuple, *options_tuple;
    struct input input;
    if (!PyArg_ParseTuple(arguments, "OO", &input_tuple, &options_tuple) ||
        !input_get(input_tuple, &input))
        return NULL;
    struct options *options = PyMem_Calloc(1, sizeof *options);
    if (options == NULL)
        return PyErr_NoMemory();
    if (!options_init(options, state, options_tuple)) {
        PyMem_Free(options);
        return NULL;
    }
    struct iotsig_packets *opened = open_without_gil(&input, options);
    struct packets_object *self =
        opened == NULL ? NULL : PyObject_GC_New(struct packets_object, state->packets);
    if (self == NULL) {
        iotsig_packets_close(opened);
        options_fini(options);
        PyMem_Free(options);
        return NULL;
    }
    self->options = options;
    self->packets = opened;
    self->progress = Py_XNewRef(options->progress);
    memset(self->texts, 0, sizeof self->texts);
    PyObject_GC_Track((PyObject *)self);
    return (PyObject *)self;
}

/*
 * All at once, without the GIL: numbers as columns of bytes, and each distinct text and layer once,
 * with its number in a column.
 */

struct column {
    char *at;
    size_t size; /* bytes of one */
};

enum columns { TIME, LENGTH, SRC, DST, LAYER, SPORT, DPORT, NETWORK, TRANSPORT, DIGITS, COLUMNS };

static const struct {
    const char *name;
    size_t size;
} column_kinds[COLUMNS] = {{"time", 8},      {"length", 8}, {"src", 4},   {"dst", 4},
                           {"layer", 4},     {"sport", 2},  {"dport", 2}, {"network", 1},
                           {"transport", 1}, {"digits", 1}};

/* Distinct keys, by open addressing; `slot` has numbers + 1. */
struct distinct {
    char **keys;
    size_t *sizes, *hashes;
    uint32_t *slots;
    size_t count, capacity, slot_count;
};

struct table {
    char *columns[COLUMNS];
    size_t count, capacity;
    struct distinct texts, layers;
    uint64_t hash_seed;
};

static size_t hash_bytes(const char *bytes, size_t n, uint64_t seed)
{
    uint64_t hash = seed ^ 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
    return (size_t)(hash ^ hash >> 29);
}

static bool grow_slots(struct distinct *distinct)
{
    size_t count = distinct->slot_count == 0 ? 1024 : distinct->slot_count * 2;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < distinct->count; i++) {
        size_t slot = distinct->hashes[i] % count;
        while (slots[slot] != 0)
            slot = (slot + 1) % count;
        slots[slot] = (uint32_t)i + 1;
    }
    free(distinct->slots);
    distinct->slots = slots;
    distinct->slot_count = count;
    return true;
}

static bool grow_keys(struct distinct *distinct)
{
    size_t capacity = distinct->capacity == 0 ? 256 : distinct->capacity * 2;
    char **keys = realloc(distinct->keys, capacity * sizeof *keys);
    if (keys != NULL)
        distinct->keys = keys;
    size_t *sizes = realloc(distinct->sizes, capacity * sizeof *sizes);
    if (sizes != NULL)
        distinct->sizes = sizes;
    size_t *hashes = realloc(distinct->hashes, capacity * sizeof *hashes);
    if (hashes != NULL)
        distinct->hashes = hashes;
    if (keys == NULL || sizes == NULL || hashes == NULL)
        return false;
    distinct->capacity = capacity;
    return true;
}

/* The number of a key, added when it is new; -1 when there is no memory. */
static int32_t number_of(struct distinct *distinct, const char *key, size_t n, uint64_t seed)
{
    if (distinct->count * 2 >= distinct->slot_count && !grow_slots(distinct))
        return -1;
    size_t hash = hash_bytes(key, n, seed), slot = hash % distinct->slot_count;
    for (; distinct->slots[slot] != 0; slot = (slot + 1) % distinct->slot_count) {
        size_t i = distinct->slots[slot] - 1;
        if (distinct->hashes[i] == hash && distinct->sizes[i] == n &&
            memcmp(distinct->keys[i], key, n) == 0)
            return (int32_t)i;
    }
    if (distinct->count >= INT32_MAX ||
        (distinct->count == distinct->capacity && !grow_keys(distinct)))
        return -1;
    char *copy = malloc(n + 1);
    if (copy == NULL)
        return -1;
    memcpy(copy, key, n);
    copy[n] = '\0';
    size_t i = distinct->count++;
    distinct->keys[i] = copy;
    distinct->sizes[i] = n;
    distinct->hashes[i] = hash;
    distinct->slots[slot] = (uint32_t)i + 1;
    return (int32_t)i;
}

static void distinct_fini(struct distinct *distinct)
{
    for (size_t i = 0; i < distinct->count; i++)
        free(distinct->keys[i]);
    free(distinct->keys);
    free(distinct->sizes);
    free(distinct->hashes);
    free(distinct->slots);
}

static void table_fini(struct table *table)
{
    for (size_t i = 0; i < COLUMNS; i++)
        free(table->columns[i]);
    distinct_fini(&table->texts);
    distinct_fini(&table->layers);
}

static bool grow_table(struct table *table)
{
    size_t capacity = table->capacity == 0 ? 4096 : table->capacity * 2;
    if (capacity > PY_SSIZE_T_MAX / 8)
        return false;
    for (size_t i = 0; i < COLUMNS; i++) {
        char *column = realloc(table->columns[i], capacity * column_kinds[i].size);
        if (column == NULL)
            return false;
        table->columns[i] = column;
    }
    table->capacity = capacity;
    return true;
}

static void put(struct table *table, enum columns column, const void *value)
{
    size_t size = column_kinds[column].size;
    memcpy(table->columns[column] + table->count * size, value, size);
}

/* The key of a layer: its words one after another, each with its NUL; a truth value is \1 or \2. */
#define LAYER_KEY_MAX ((size_t)512 * 1024)

static bool add_word(char *key, size_t *n, const char *word)
{
    size_t size = strlen(word) + 1;
    if (size > LAYER_KEY_MAX - *n)
        return false;
    memcpy(key + *n, word, size);
    *n += size;
    return true;
}

static bool layer_number(struct table *table, const struct iotsig_layer *layer, char *key,
                         int32_t *number)
{
    struct iotsig_attribute attribute;
    size_t n = 0;
    *number = -1;
    if (layer == NULL)
        return true;
    bool fits = add_word(key, &n, iotsig_layer_protocol(layer));
    for (size_t i = 0; fits && iotsig_layer_attribute(layer, i, &attribute); i++)
        fits = add_word(key, &n, attribute.name) && add_word(key, &n,
                                                             attribute.text != NULL ? attribute.text
                                                             : attribute.truth      ? "\1"
                                                                                    : "\2");
    *number = fits ? number_of(&table->layers, key, n, table->hash_seed) : -1;
    return *number >= 0;
}

static bool add_packet(struct table *table, const struct iotsig_packet *packet, char *key)
{
    int32_t src, dst, layer;
    if (table->count == table->capacity && !grow_table(table))
        return false;
    src = number_of(&table->texts, packet->src, strlen(packet->src), table->hash_seed);
    dst = number_of(&table->texts, packet->dst, strlen(packet->dst), table->hash_seed);
    if (src < 0 || dst < 0 || !layer_number(table, packet->layer, key, &layer))
        return false;
    uint8_t network = (uint8_t)packet->network, transport = (uint8_t)packet->transport;
    uint8_t digits = packet->time.digits;
    put(table, TIME, &packet->time.ns);
    put(table, LENGTH, &packet->length);
    put(table, SRC, &src);
    put(table, DST, &dst);
    put(table, LAYER, &layer);
    put(table, SPORT, &packet->sport);
    put(table, DPORT, &packet->dport);
    put(table, NETWORK, &network);
    put(table, TRANSPORT, &transport);
    put(table, DIGITS, &digits);
    table->count++;
    return true;
}

/* Packets between two looks at signals. */
#define LOOK_EVERY 65536

static int read_table(struct table *table, struct iotsig_packets *packets, struct options *options,
                      struct iotsig_error *error)
{
    struct iotsig_packet packet;
    struct iotsig_progress progress = {.path = NULL};
    char *key = malloc(LAYER_KEY_MAX);
    int status =
        key == NULL ? iotsig_error_set(error, IOTSIG_ERR_MEMORY, NULL, "out of memory") : 1;
    while (status == 1 && (status = iotsig_packets_next(packets, &packet, error)) == 1) {
        if (!add_packet(table, &packet, key))
            status = iotsig_error_set(error, IOTSIG_ERR_MEMORY, NULL, "out of memory");
        else if (table->count % LOOK_EVERY == 0) {
            PyObject *called = options->progress;
            options->progress = NULL; /* the first pass has told how far it is */
            if (options->options.progress(options, &progress) != 0)
                status = iotsig_error_set(error, IOTSIG_ERR_CANCELLED, NULL, "stopped");
            options->progress = called;
        }
    }
    free(key);
    return status;
}

static PyObject *texts_object(const struct distinct *distinct)
{
    PyObject *list = PyList_New((Py_ssize_t)distinct->count);
    for (size_t i = 0; list != NULL && i < distinct->count; i++)
        put_in_list(&list, i,
                    PyUnicode_FromStringAndSize(distinct->keys[i], (Py_ssize_t)distinct->sizes[i]));
    return list;
}

static PyObject *layer_of_key(const struct state *state, const char *key, size_t n)
{
    PyObject *layer = PyStructSequence_New(state->layer), *list = PyList_New(0);
    const char *end = key + n;
    bool done = layer != NULL && list != NULL && set_field(layer, 0, PyUnicode_FromString(key));
    const char *at = key + strlen(key) + 1;
    while (done && at < end) {
        const char *value = at + strlen(at) + 1;
        bool truth = *value == '\1' || *value == '\2';
        PyObject *pair = truth ? Py_BuildValue("(sO)", at, *value == '\1' ? Py_True : Py_False)
                               : Py_BuildValue("(ss)", at, value);
        done = pair != NULL && PyList_Append(list, pair) == 0;
        Py_XDECREF(pair);
        at = value + strlen(value) + 1;
    }
    done = done && set_field(layer, 1, PyList_AsTuple(list));
    Py_XDECREF(list);
    if (!done)
        Py_CLEAR(layer);
    return layer;
}

static PyObject *layers_object(const struct state *state, const struct distinct *distinct)
{
    PyObject *list = PyList_New((Py_ssize_t)distinct->count);
    for (size_t i = 0; list != NULL && i < distinct->count; i++)
        put_in_list(&list, i, layer_of_key(state, distinct->keys[i], distinct->sizes[i]));
    return list;
}

static bool set_item(PyObject *dict, const char *key, PyObject *value)
{
    bool done = value != NULL && PyDict_SetItemString(dict, key, value) == 0;
    Py_XDECREF(value);
    return done;
}

static PyObject *table_object(const struct state *state, const struct table *table,
                              const struct iotsig_packets *packets,
                              const struct iotsig_error *failure)
{
    PyObject *dict = PyDict_New();
    bool done = dict != NULL;
    for (size_t i = 0; done && i < COLUMNS; i++)
        done =
            set_item(dict, column_kinds[i].name,
                     PyBytes_FromStringAndSize(table->columns[i],
                                               (Py_ssize_t)(table->count * column_kinds[i].size)));
    if (!done || !set_item(dict, "texts", texts_object(&table->texts)) ||
        !set_item(dict, "layers", layers_object(state, &table->layers)) ||
        !set_item(dict, "hosts", names_object(iotsig_packets_names(packets))) ||
        !set_item(dict, "failure",
                  failure == NULL ? Py_NewRef(Py_None) : failure_object(state, failure)) ||
        !set_item(dict, "count", PyLong_FromSize_t(table->count)))
        Py_CLEAR(dict);
    return dict;
}

static PyObject *packet_columns(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *input_tuple, *options_tuple, *result = NULL;
    struct input input;
    struct options options;
    struct table table = {.hash_seed = (uint64_t)(uintptr_t)&table};
    struct iotsig_error error;
    if (!PyArg_ParseTuple(arguments, "OO", &input_tuple, &options_tuple) ||
        !input_get(input_tuple, &input) || !options_init(&options, state, options_tuple))
        return NULL;
    struct iotsig_packets *packets = open_without_gil(&input, &options);
    if (packets != NULL) {
        options_leave(&options);
        int status = read_table(&table, packets, &options, &error);
        options_enter(&options);
        if (!is_of_input(status))
            raise_failure(state, &error);
        else if (tell_cut(state, packets))
            result = table_object(state, &table, packets, status == 0 ? NULL : &error);
    }
    iotsig_packets_close(packets);
    table_fini(&table);
    options_fini(&options);
    return result;
}

PyMethodDef packet_methods[] = {{"packets", packets, METH_VARARGS,
                                 "An iterator over the packets of an input."},
                                {"packet_columns", packet_columns, METH_VARARGS,
                                 "All packets of an input, by columns."},
                                {NULL, NULL, 0, NULL}};
