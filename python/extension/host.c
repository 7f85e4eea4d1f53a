/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts, names, layers and payloads by themselves. */
#include <stdlib.h>

#include "extension.h"

/* Two texts, and pairs of hosts that are the same. */
struct hosts {
    struct utf8 a, b;
    struct iotsig_same_hosts *same;
};

static void hosts_fini(struct hosts *hosts)
{
    utf8_free(&hosts->a);
    utf8_free(&hosts->b);
    iotsig_same_hosts_free(hosts->same);
}

static bool hosts_init(struct hosts *hosts, const struct state *state, PyObject *a, PyObject *b,
                       PyObject *same)
{
    struct iotsig_error error;
    *hosts = (struct hosts){.same = NULL};
    Py_ssize_t pairs = same == NULL ? 0 : PyObject_Size(same);
    if (pairs < 0 || !utf8_get(a, "a host", &hosts->a) || !utf8_get(b, "a host", &hosts->b)) {
        hosts_fini(hosts);
        return false;
    }
    if (pairs == 0)
        return true;
    bool done = iotsig_same_hosts_new(&hosts->same, state->context, &error) == 0;
    if (!done)
        raise_failure(state, &error);
    done = done && same_hosts_take(state, hosts->same, same);
    if (!done)
        hosts_fini(hosts);
    return done;
}

static PyObject *host_kind(PyObject *module, PyObject *host)
{
    struct utf8 text;
    (void)module;
    if (!utf8_get(host, "a host", &text))
        return NULL;
    int kind = (int)iotsig_host_kind(text.p);
    utf8_free(&text);
    return PyLong_FromLong(kind);
}

static PyObject *compare_texts(PyObject *module, PyObject *arguments,
                               bool (*equal)(const char *a, const char *b,
                                             const struct iotsig_same_hosts *same))
{
    PyObject *a, *b, *same;
    struct hosts hosts;
    if (!PyArg_ParseTuple(arguments, "OOO", &a, &b, &same) ||
        !hosts_init(&hosts, state_of(module), a, b, same))
        return NULL;
    bool result = equal(hosts.a.p, hosts.b.p, hosts.same);
    hosts_fini(&hosts);
    return PyBool_FromLong(result);
}

static PyObject *hosts_equal(PyObject *module, PyObject *arguments)
{
    return compare_texts(module, arguments, iotsig_hosts_equal);
}

static PyObject *names_equal(PyObject *module, PyObject *arguments)
{
    return compare_texts(module, arguments, iotsig_names_equal);
}

static PyObject *host_distance(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *a, *b;
    struct hosts hosts;
    struct iotsig_ratio distance;
    struct iotsig_error error;
    if (!PyArg_ParseTuple(arguments, "OO", &a, &b) || !hosts_init(&hosts, state, a, b, NULL))
        return NULL;
    int status = iotsig_host_distance(state->context, hosts.a.p, hosts.b.p, &distance, &error);
    hosts_fini(&hosts);
    return status == 0 ? ratio_object(distance) : raise_failure(state, &error);
}

/* The characters of a text, of any kind. */
static bool get_characters(PyObject *text, uint32_t **at, struct iotsig_characters *characters)
{
    *at = NULL;
    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "a text is expected");
        return false;
    }
    Py_ssize_t count = PyUnicode_GetLength(text);
    if (count < 0)
        return false;
    uint32_t *to = calloc((size_t)count + 1, sizeof *to);
    if (to == NULL) {
        PyErr_NoMemory();
        return false;
    }
    for (Py_ssize_t i = 0; i < count; i++)
        to[i] = PyUnicode_ReadChar(text, i);
    *at = to;
    *characters = (struct iotsig_characters){to, (size_t)count};
    return true;
}

static PyObject *text_distance(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *a, *b, *result = NULL;
    uint32_t *x = NULL, *y = NULL;
    struct iotsig_characters of_a, of_b;
    struct iotsig_ratio distance;
    struct iotsig_error error;
    if (!PyArg_ParseTuple(arguments, "OO", &a, &b))
        return NULL;
    if (get_characters(a, &x, &of_a) && get_characters(b, &y, &of_b)) {
        if (iotsig_text_distance(state->context, of_a, of_b, &distance, &error) == 0)
            result = ratio_object(distance);
        else
            raise_failure(state, &error);
    }
    free(x);
    free(y);
    return result;
}

static PyObject *is_service(PyObject *module, PyObject *arguments)
{
    PyObject *number;
    int transport, overflow;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!i", &PyLong_Type, &number, &transport))
        return NULL;
    long port = PyLong_AsLongAndOverflow(number, &overflow);
    if (port == -1 && PyErr_Occurred())
        return NULL;
    return PyBool_FromLong(overflow == 0 && port >= 0 && port <= UINT16_MAX &&
                           iotsig_port_is_service(transport, (uint16_t)port));
}

/* Layers. */

static PyObject *take_layer_object(const struct state *state, struct iotsig_layer *layer)
{
    PyObject *object = layer_object(state, layer);
    iotsig_layer_free(state->context, layer);
    return object;
}

/* A Layer, or None, of what layer_take() takes. */
static PyObject *layer_of(PyObject *module, PyObject *object)
{
    struct state *state = state_of(module);
    struct iotsig_layer *layer;
    return layer_take(state, object, &layer) ? take_layer_object(state, layer) : NULL;
}

/* Payloads. */

/* The arguments: transport, sport, dport, destination or None, bytes. */
static bool get_payload(PyObject *tuple, struct iotsig_payload *payload)
{
    const char *bytes;
    Py_ssize_t count;
    unsigned short sport, dport;
    *payload = (struct iotsig_payload){.dst = NULL};
    if (!PyArg_ParseTuple(tuple, "iHHzy#", &payload->transport, &sport, &dport, &payload->dst,
                          &bytes, &count))
        return false;
    payload->sport = sport;
    payload->dport = dport;
    payload->bytes = (const uint8_t *)bytes;
    payload->count = (size_t)count;
    return true;
}

static PyObject *parse_layer(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    struct iotsig_layer *layer;
    struct iotsig_error error;
    struct iotsig_payload payload;
    const char *protocol;
    PyObject *tuple;
    if (!PyArg_ParseTuple(arguments, "zO!", &protocol, &PyTuple_Type, &tuple) ||
        !get_payload(tuple, &payload))
        return NULL;
    if (iotsig_layer_parse(&layer, state->context, protocol, &payload, &error) != 0)
        return raise_failure(state, &error);
    return take_layer_object(state, layer);
}

static PyObject *is_kept(PyObject *module, PyObject *arguments)
{
    struct iotsig_segment segment;
    PyObject *payload;
    int flags, router_alert;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!ip", &PyTuple_Type, &payload, &flags, &router_alert) ||
        !get_payload(payload, &segment.payload))
        return NULL;
    segment.tcp_flags = (uint8_t)(flags & 0xff);
    segment.router_alert = router_alert != 0;
    return PyBool_FromLong(iotsig_segment_is_kept(&segment, NULL));
}

/* The tables of names with what a payload tells. */
static PyObject *learn_names(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *dict, *tuple, *result = NULL;
    struct iotsig_payload payload;
    struct iotsig_names *names;
    struct iotsig_error error;
    if (!PyArg_ParseTuple(arguments, "OO!", &dict, &PyTuple_Type, &tuple) ||
        !get_payload(tuple, &payload))
        return NULL;
    if (iotsig_names_new(&names, state->context, &error) != 0)
        return raise_failure(state, &error);
    if (names_take(state, names, dict)) {
        if (iotsig_names_learn_payload(names, &payload, &error) != 0)
            raise_failure(state, &error);
        else
            result = names_object(names);
    }
    iotsig_names_free(names);
    return result;
}

/* The tables of names of a file. */
static PyObject *load_names(PyObject *module, PyObject *path)
{
    struct state *state = state_of(module);
    PyObject *bytes, *result = NULL;
    struct iotsig_names *names;
    struct iotsig_error error;
    if (!PyUnicode_FSConverter(path, &bytes))
        return NULL;
    const char *p = PyBytes_AsString(bytes);
    int status = iotsig_names_new(&names, state->context, &error);
    if (status == 0) {
        status = iotsig_names_load(names, p, &error);
        if (status == 0)
            result = names_object(names);
        iotsig_names_free(names);
    }
    if (status != 0)
        raise_failure(state, &error);
    Py_DECREF(bytes);
    return result;
}

PyMethodDef host_methods[] = {
    {"host_kind", host_kind, METH_O, "0: neither, 1: a domain name, 4, 6: an address."},
    {"hosts_equal", hosts_equal, METH_VARARGS, "Whether two hosts are the same."},
    {"names_equal", names_equal, METH_VARARGS, "Whether two names in DNS messages are the same."},
    {"host_distance", host_distance, METH_VARARGS, "The distance of two hosts."},
    {"text_distance", text_distance, METH_VARARGS, "Levenshtein's distance, of both lengths."},
    {"is_service", is_service, METH_VARARGS, "Whether a port is a known service port."},
    {"layer_of", layer_of, METH_O, "A Layer of what stands for one."},
    {"parse_layer", parse_layer, METH_VARARGS, "A Layer of a payload, of a protocol or any."},
    {"is_kept", is_kept, METH_VARARGS, "Whether a segment is kept."},
    {"learn_names", learn_names, METH_VARARGS, "The tables of names with what a payload tells."},
    {"load_names", load_names, METH_O, "The tables of names of a file."},
    {NULL, NULL, 0, NULL}};
