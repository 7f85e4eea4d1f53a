/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets and flows that are objects of Python, by their attributes: matched, compared and grouped
 * by the library. What is asked of two flows is asked of a pattern that holds just these.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "extension.h"

/* Attributes. */

static PyObject *get(const struct state *state, PyObject *object, enum name name)
{
    return PyObject_GetAttr(object, state->names[name]);
}

/* One that an object may lack: then a new reference to None. NULL: another exception was raised. */
static PyObject *get_optional(const struct state *state, PyObject *object, enum name name)
{
    PyObject *value = get(state, object, name);
    if (value != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError))
        return value;
    PyErr_Clear();
    Py_RETURN_NONE;
}

/* Any integer, as a count: what is below 0 is 0, and what is too large INT64_MAX. None is
 * `otherwise`. */
static bool to_count(PyObject *value, uint64_t otherwise, uint64_t *count)
{
    int overflow;
    *count = otherwise;
    if (value == Py_None)
        return true;
    PyObject *integer = PyNumber_Index(value);
    if (integer == NULL)
        return false;
    long long number = PyLong_AsLongLongAndOverflow(integer, &overflow);
    Py_DECREF(integer);
    if (number == -1 && overflow == 0 && PyErr_Occurred())
        return false;
    *count = overflow > 0 ? INT64_MAX : number < 0 ? 0 : (uint64_t)number;
    return true;
}

/* A port, 0 where there is none. */
static bool to_port(PyObject *value, uint16_t *port)
{
    uint64_t number = 0;
    double real = PyFloat_Check(value) ? PyFloat_AsDouble(value) : 0;
    bool done = true;
    if (!PyFloat_Check(value)) {
        done = to_count(value, 0, &number);
    } else if (!isnan(real)) { /* pandas makes floats of ports, and NaN of what is absent */
        bool whole = real >= 0 && real <= UINT16_MAX && floor(real) == real;
        number = whole ? (uint64_t)real : UINT64_MAX;
    }
    if (done && number > UINT16_MAX) {
        PyErr_SetString(PyExc_ValueError, "a port is from 0 to 65535");
        done = false;
    }
    if (done)
        *port = (uint16_t)number;
    return done;
}

static bool get_count(const struct state *state, PyObject *object, enum name name,
                      uint64_t otherwise, uint64_t *count)
{
    PyObject *value = get_optional(state, object, name);
    bool done = value != NULL && to_count(value, otherwise, count);
    Py_XDECREF(value);
    return done;
}

/* Nanoseconds, or no time. */
static bool get_nanoseconds(const struct state *state, PyObject *object, enum name name,
                            struct iotsig_time *time)
{
    int overflow = 0;
    PyObject *value = get_optional(state, object, name);
    *time = (struct iotsig_time){0, 0};
    if (value == NULL)
        return false;
    if (PyLong_Check(value)) {
        time->ns = PyLong_AsLongLongAndOverflow(value, &overflow);
        time->digits = overflow == 0 ? 9 : 0;
    }
    Py_DECREF(value);
    return true;
}

/*
 * Seconds, as the text of any number tells them: a float of a date has no nanoseconds, but its text
 * the decimals it was made of. What has a whole number `ns` of nanoseconds tells these.
 */
static bool get_seconds(const struct state *state, PyObject *object, struct iotsig_time *time)
{
    PyObject *value = get_optional(state, object, NAME_TIMESTAMP);
    int overflow = 0;
    *time = (struct iotsig_time){0, 0};
    if (value == NULL)
        return false;
    PyObject *ns = PyObject_GetAttrString(value, "ns");
    if (ns != NULL && PyLong_Check(ns)) {
        PyObject *digits = PyObject_GetAttrString(value, "digits");
        bool six = digits != NULL && PyLong_Check(digits) && PyLong_AsLong(digits) == 6;
        time->ns = PyLong_AsLongLongAndOverflow(ns, &overflow);
        time->digits = overflow != 0 ? 0 : six ? 6 : 9;
        Py_XDECREF(digits);
    } else {
        PyErr_Clear();
        PyObject *seconds = PyObject_Str(value);
        const char *text = seconds == NULL ? NULL : PyUnicode_AsUTF8AndSize(seconds, NULL);
        if (text != NULL)
            (void)iotsig_time_read(text, time);
        Py_XDECREF(seconds);
    }
    PyErr_Clear();
    Py_XDECREF(ns);
    Py_DECREF(value);
    return true;
}

/*
 * A host's text; NULL, with no exception, for None. Takes the reference: texts of a str are its
 * own, and the attribute may be set anew while they are still needed.
 */
static bool get_host(PyObject *value, struct utf8 *text)
{
    *text = (struct utf8){NULL, 0, NULL};
    bool done = value != NULL && (value == Py_None || utf8_get(value, "a host", text));
    if (done && text->bytes == NULL)
        text->bytes = value;
    else
        Py_XDECREF(value);
    return done;
}

static bool get_protocols(const struct state *state, PyObject *object, int *network, int *transport)
{
    PyObject *first = get(state, object, NAME_NETWORK_PROTOCOL);
    PyObject *second = first == NULL ? NULL : get(state, object, NAME_TRANSPORT_PROTOCOL);
    bool done = second != NULL && (*network = network_number(state, first)) >= 0 &&
                (*transport = transport_number(state, second)) >= 0;
    Py_XDECREF(first);
    Py_XDECREF(second);
    return done;
}

/* Layers. */

/* Attributes with their texts. */
struct attributes {
    struct iotsig_attribute *items;
    struct utf8 *texts; /* two of each */
    size_t count;
};

static void attributes_fini(struct attributes *attributes)
{
    for (size_t i = 0; i < 2 * attributes->count; i++)
        utf8_free(&attributes->texts[i]);
    free(attributes->items);
    free(attributes->texts);
}

static bool add_attribute(struct attributes *attributes, PyObject *pair)
{
    struct utf8 *texts = &attributes->texts[2 * attributes->count];
    if (!PyTuple_Check(pair) || PyTuple_Size(pair) != 2) {
        PyErr_SetString(PyExc_TypeError, "an attribute is a name and a value");
        return false;
    }
    PyObject *value = PyTuple_GetItem(pair, 1);
    if (value == Py_None)
        return true;
    if (!utf8_get(PyTuple_GetItem(pair, 0), "the name of an attribute", &texts[0]))
        return false;
    texts[1] = (struct utf8){NULL, 0, NULL};
    attributes->count++;
    struct iotsig_attribute *attribute = &attributes->items[attributes->count - 1];
    *attribute = (struct iotsig_attribute){texts[0].p, NULL, value == Py_True};
    if (PyBool_Check(value))
        return true;
    if (!utf8_get(value, "an attribute", &texts[1]))
        return false;
    attribute->text = texts[1].p;
    return true;
}

static bool make_layer(const struct state *state, PyObject *protocol, PyObject *pairs,
                       struct iotsig_layer **layer)
{
    struct attributes attributes = {NULL, NULL, 0};
    struct iotsig_error error;
    struct utf8 name;
    PyObject *tuple = PySequence_Tuple(pairs);
    if (tuple == NULL)
        return false;
    if (!utf8_get(protocol, "the name of a protocol", &name)) {
        Py_DECREF(tuple);
        return false;
    }
    Py_ssize_t count = PyTuple_Size(tuple);
    attributes.items = calloc((size_t)count + 1, sizeof *attributes.items);
    attributes.texts = calloc(2 * (size_t)count + 2, sizeof *attributes.texts);
    bool done = attributes.items != NULL && attributes.texts != NULL;
    if (!done)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; done && i < count; i++)
        done = add_attribute(&attributes, PyTuple_GetItem(tuple, i));
    if (done && iotsig_layer_new(layer, state->context, name.p, attributes.items, attributes.count,
                                 &error) != 0) {
        raise_failure(state, &error);
        done = false;
    }
    attributes_fini(&attributes);
    utf8_free(&name);
    Py_DECREF(tuple);
    return done;
}

static bool read_layer(const struct state *state, PyObject *object, struct iotsig_layer **layer)
{
    struct utf8 text;
    struct iotsig_error error;
    if (!utf8_get(object, "an application layer", &text))
        return false;
    int status = iotsig_layer_read(layer, state->context, text.p, &error);
    utf8_free(&text);
    if (status != 0)
        raise_failure(state, &error);
    return status == 0;
}

bool layer_take(const struct state *state, PyObject *object, struct iotsig_layer **layer)
{
    *layer = NULL;
    if (object == Py_None)
        return true;
    if (PyUnicode_Check(object))
        return read_layer(state, object, layer);
    PyObject *parts = Py_TYPE(object) == state->layer
                          ? Py_NewRef(object)
                          : PyObject_CallMethodObjArgs(object, state->names[NAME_PAIRS], NULL);
    if (parts == NULL) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError))
            PyErr_SetString(PyExc_TypeError, "not an application layer");
        return false;
    }
    bool done = PyTuple_Check(parts) && PyTuple_Size(parts) == 2;
    if (done)
        done = make_layer(state, PyTuple_GetItem(parts, 0), PyTuple_GetItem(parts, 1), layer);
    else
        PyErr_SetString(PyExc_TypeError, "not an application layer");
    Py_DECREF(parts);
    return done;
}

static bool get_layer(const struct state *state, PyObject *object, struct iotsig_layer **layer)
{
    PyObject *value = get(state, object, NAME_APPLICATION_LAYER);
    bool done = value != NULL && layer_take(state, value, layer);
    Py_XDECREF(value);
    return done;
}

/* Flows. */

/* What of a flow is taken. */
enum part {
    PART_PROTOCOLS = 1,
    PART_HOSTS = 2,
    PART_PORTS = 4,
    PART_LAYER = 8,
    PART_SUMS = 16,
    PART_ALL = 31
};

/* A flow as it is handed to the library, with what its texts lie in. */
struct taken {
    struct iotsig_flow flow;
    struct iotsig_port *ports;
    struct utf8 src, dst, *texts; /* a text of each port */
    size_t text_count;
    struct iotsig_layer *layer;
};

static void taken_fini(const struct state *state, struct taken *taken)
{
    utf8_free(&taken->src);
    utf8_free(&taken->dst);
    for (size_t i = 0; i < taken->text_count; i++)
        utf8_free(&taken->texts[i]);
    free(taken->texts);
    free(taken->ports);
    iotsig_layer_free(state->context, taken->layer);
}

static bool take_hosts(const struct state *state, PyObject *object, struct taken *taken)
{
    bool done = get_host(get(state, object, NAME_SRC), &taken->src) &&
                get_host(get(state, object, NAME_DST), &taken->dst);
    taken->flow.src = taken->src.p;
    taken->flow.dst = taken->dst.p;
    return done;
}

static bool add_port(struct taken *taken, PyObject *host, PyObject *port, PyObject *count)
{
    struct iotsig_port *to = &taken->ports[taken->flow.ports];
    struct utf8 *text = &taken->texts[taken->text_count];
    if (!get_host(Py_NewRef(host), text))
        return false;
    taken->text_count++;
    to->host = text->p;
    if (!to_port(port, &to->port) || !to_count(count, 0, &to->count))
        return false;
    taken->flow.ports++;
    return true;
}

static bool add_item(struct taken *taken, PyObject *item)
{
    PyObject *key = PyTuple_GetItem(item, 0);
    if (!PyTuple_Check(key) || PyTuple_Size(key) != 2) {
        PyErr_SetString(PyExc_TypeError, "ports are a dict of (host, port) and counts");
        return false;
    }
    return add_port(taken, PyTuple_GetItem(key, 0), PyTuple_GetItem(key, 1),
                    PyTuple_GetItem(item, 1));
}

/* Hosts whose ports are not known: port 0 stands for them, as in flows of policies. */
static bool add_open_hosts(struct taken *taken, PyObject *hosts)
{
    PyObject *zero = PyLong_FromLong(0), *one = PyLong_FromLong(1);
    bool done = zero != NULL && one != NULL;
    for (Py_ssize_t i = 0; done && i < PyTuple_Size(hosts); i++)
        done = add_port(taken, PyTuple_GetItem(hosts, i), zero, one);
    Py_XDECREF(zero);
    Py_XDECREF(one);
    return done;
}

/* Of a copy of the dict, as conversions may run code that changes it. */
static bool add_ports(struct taken *taken, PyObject *items, PyObject *open_hosts)
{
    size_t count = (size_t)PyList_Size(items) + (size_t)PyTuple_Size(open_hosts) + 1;
    taken->ports = calloc(count, sizeof *taken->ports);
    taken->texts = calloc(count, sizeof *taken->texts);
    if (taken->ports == NULL || taken->texts == NULL) {
        PyErr_NoMemory();
        return false;
    }
    for (Py_ssize_t i = 0; i < PyList_Size(items); i++)
        if (!add_item(taken, PyList_GetItem(items, i)))
            return false;
    return add_open_hosts(taken, open_hosts);
}

static PyObject *get_open_hosts(const struct state *state, PyObject *object)
{
    PyObject *hosts = get_optional(state, object, NAME_OPEN_HOSTS);
    if (hosts == NULL || PyTuple_Check(hosts))
        return hosts;
    Py_DECREF(hosts);
    return Py_NewRef(state->words[WORD_NONE]);
}

static bool take_ports(const struct state *state, PyObject *object, struct taken *taken)
{
    PyObject *ports = get(state, object, NAME_PORTS), *items = NULL, *open_hosts = NULL;
    if (ports != NULL && !PyDict_Check(ports))
        PyErr_SetString(PyExc_TypeError, "ports must be a dict");
    else if (ports != NULL)
        items = PyDict_Items(ports);
    if (items != NULL)
        open_hosts = get_open_hosts(state, object);
    bool done = open_hosts != NULL && add_ports(taken, items, open_hosts) &&
                get_count(state, object, NAME_COUNT, 1, &taken->flow.count);
    Py_XDECREF(ports);
    Py_XDECREF(items);
    Py_XDECREF(open_hosts);
    return done;
}

static bool take_layer(const struct state *state, PyObject *object, struct taken *taken)
{
    bool done = get_layer(state, object, &taken->layer);
    taken->flow.layer = taken->layer;
    return done;
}

static bool take_sums(const struct state *state, PyObject *object, struct taken *taken)
{
    return get_count(state, object, NAME_PACKETS, 0, &taken->flow.packets) &&
           get_count(state, object, NAME_BYTES, 0, &taken->flow.bytes) &&
           get_nanoseconds(state, object, NAME_FIRST, &taken->flow.first) &&
           get_nanoseconds(state, object, NAME_LAST, &taken->flow.last);
}

static bool take(const struct state *state, PyObject *object, unsigned parts, struct taken *taken)
{
    *taken = (struct taken){.flow = {.network = 4, .transport = IOTSIG_TRANSPORT_TCP, .count = 1}};
    return ((parts & PART_PROTOCOLS) == 0 ||
            get_protocols(state, object, &taken->flow.network, &taken->flow.transport)) &&
           ((parts & PART_HOSTS) == 0 || take_hosts(state, object, taken)) &&
           ((parts & PART_PORTS) == 0 || take_ports(state, object, taken)) &&
           ((parts & PART_LAYER) == 0 || take_layer(state, object, taken)) &&
           ((parts & PART_SUMS) == 0 || take_sums(state, object, taken));
}

static bool is_flow(const struct state *state, PyObject *object)
{
    if (PyObject_HasAttr(object, state->names[NAME_PORTS]) &&
        PyObject_HasAttr(object, state->names[NAME_TRANSPORT_PROTOCOL]))
        return true;
    PyErr_SetString(PyExc_TypeError, "not a flow");
    return false;
}

/* Appends a flow; with the protocols of another, if there is one. */
static bool flow_take_like(const struct state *state, struct iotsig_pattern *pattern,
                           PyObject *object, unsigned parts, const struct iotsig_flow *like)
{
    struct taken taken;
    struct iotsig_error error;
    if (!is_flow(state, object))
        return false;
    bool done = take(state, object, parts, &taken);
    if (like != NULL) {
        taken.flow.network = like->network;
        taken.flow.transport = like->transport;
    }
    if (done && iotsig_pattern_add(pattern, &taken.flow, taken.ports, &error) != 0) {
        raise_failure(state, &error);
        done = false;
    }
    taken_fini(state, &taken);
    return done;
}

static bool flow_take(const struct state *state, struct iotsig_pattern *pattern, PyObject *object,
                      unsigned parts)
{
    return flow_take_like(state, pattern, object, parts, NULL);
}

static struct iotsig_pattern *new_pattern(const struct state *state)
{
    struct iotsig_pattern *pattern;
    struct iotsig_error error;
    if (iotsig_pattern_new(&pattern, state->context, &error) == 0)
        return pattern;
    raise_failure(state, &error);
    return NULL;
}

/* A pattern of two flows in the module's context. */
static struct iotsig_pattern *two_flows(const struct state *state, PyObject *a, PyObject *b)
{
    struct iotsig_pattern *pattern = new_pattern(state);
    if (pattern != NULL && flow_take(state, pattern, a, PART_ALL) &&
        flow_take(state, pattern, b, PART_ALL))
        return pattern;
    iotsig_pattern_free(pattern);
    return NULL;
}

/* Matching. */

struct matching {
    struct iotsig_same_hosts *same;
    struct iotsig_options options;
};

static bool matching_init(struct matching *matching, const struct state *state, int random_ports,
                          PyObject *same)
{
    const struct iotsig_options defaults = IOTSIG_OPTIONS_DEFAULT;
    struct iotsig_error error;
    *matching = (struct matching){NULL, defaults};
    matching->options.match_random_ports = random_ports != 0;
    Py_ssize_t pairs = PyObject_Size(same);
    if (pairs <= 0)
        return pairs == 0;
    if (iotsig_same_hosts_new(&matching->same, state->context, &error) != 0) {
        raise_failure(state, &error);
        return false;
    }
    matching->options.same_hosts = matching->same;
    if (same_hosts_take(state, matching->same, same))
        return true;
    iotsig_same_hosts_free(matching->same);
    return false;
}

/* Ports are matched whatever the protocols are: those of the second are taken to be the first's. */
static bool take_for_match(const struct state *state, struct iotsig_pattern *pattern, PyObject *a,
                           PyObject *b, unsigned parts)
{
    struct iotsig_flow first;
    if (parts != PART_PORTS)
        return flow_take(state, pattern, a, parts) && flow_take(state, pattern, b, parts);
    if (!flow_take(state, pattern, a, PART_PORTS | PART_PROTOCOLS))
        return false;
    iotsig_pattern_flow(pattern, 0, &first);
    return flow_take_like(state, pattern, b, PART_PORTS, &first);
}

static PyObject *match(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *a, *b, *same;
    struct matching matching;
    int random_ports, parts;
    bool matches = false;
    if (!PyArg_ParseTuple(arguments, "OOpOi", &a, &b, &random_ports, &same, &parts) ||
        !matching_init(&matching, state, random_ports, same))
        return NULL;
    struct iotsig_pattern *pattern = new_pattern(state);
    bool done = pattern != NULL && take_for_match(state, pattern, a, b, (unsigned)parts);
    if (done)
        matches = iotsig_pattern_matches(pattern, 0, 1, &matching.options);
    iotsig_pattern_free(pattern);
    iotsig_same_hosts_free(matching.same);
    return done ? PyBool_FromLong(matches) : NULL;
}

/* Appends the flows of a list, or of a Pattern. */
static bool take_flows(const struct state *state, struct iotsig_pattern *pattern, PyObject *flows)
{
    struct iotsig_error error;
    if (Py_TYPE(flows) == state->pattern) {
        if (iotsig_pattern_add_all(pattern, pattern_of(state, flows), &error) == 0)
            return true;
        raise_failure(state, &error);
        return false;
    }
    PyObject *tuple = PySequence_Tuple(flows);
    bool done = tuple != NULL;
    for (Py_ssize_t i = 0; done && i < PyTuple_Size(tuple); i++)
        done = flow_take(state, pattern, PyTuple_GetItem(tuple, i), PART_ALL);
    Py_XDECREF(tuple);
    return done;
}

/* The number of the first of several flows that a flow matches, or -1. */
static PyObject *find(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *flow, *flows, *same;
    struct matching matching;
    int random_ports;
    long found = -1;
    if (!PyArg_ParseTuple(arguments, "OOpO", &flow, &flows, &random_ports, &same) ||
        !matching_init(&matching, state, random_ports, same))
        return NULL;
    struct iotsig_pattern *pattern = new_pattern(state);
    bool done = pattern != NULL && flow_take(state, pattern, flow, PART_ALL) &&
                take_flows(state, pattern, flows);
    for (size_t i = 1; done && found < 0 && i < iotsig_pattern_count(pattern); i++)
        if (iotsig_pattern_matches(pattern, 0, i, &matching.options))
            found = (long)i - 1;
    iotsig_pattern_free(pattern);
    iotsig_same_hosts_free(matching.same);
    return done ? PyLong_FromLong(found) : NULL;
}

/* Distances and differences. */

static PyObject *distance(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *a, *b;
    struct iotsig_distance found;
    struct iotsig_error error;
    if (!PyArg_ParseTuple(arguments, "OO", &a, &b))
        return NULL;
    struct iotsig_pattern *pattern = two_flows(state, a, b);
    if (pattern == NULL)
        return NULL;
    int status = iotsig_flow_distance(pattern, 0, pattern, 1, &found, &error);
    iotsig_pattern_free(pattern);
    if (status != 0)
        return raise_failure(state, &error);
    return Py_BuildValue("(NNNN)", ratio_object(found.whole), ratio_object(found.network),
                         ratio_object(found.transport), ratio_object(found.application));
}

static PyObject *closest_flow(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *flow, *flows, *result = NULL;
    struct iotsig_closest *closest = NULL;
    struct iotsig_pair pair;
    struct iotsig_error error;
    if (!PyArg_ParseTuple(arguments, "OO", &flow, &flows))
        return NULL;
    struct iotsig_pattern *one = new_pattern(state);
    struct iotsig_pattern *others = one == NULL ? NULL : new_pattern(state);
    if (others != NULL && flow_take(state, one, flow, PART_ALL) &&
        take_flows(state, others, flows)) {
        if (iotsig_closest_new(&closest, one, others, NULL, &error) == 0) {
            iotsig_closest_get(closest, 0, &pair);
            result = Py_BuildValue("(nN)", (Py_ssize_t)pair.b, ratio_object(pair.distance.whole));
        } else {
            raise_failure(state, &error);
        }
    }
    iotsig_closest_free(closest);
    iotsig_pattern_free(one);
    iotsig_pattern_free(others);
    return result;
}

static PyObject *difference_text(const char *text)
{
    if (text == NULL || *text == '\0')
        Py_RETURN_NONE;
    return PyUnicode_FromString(text);
}

static PyObject *difference_port(int32_t port)
{
    if (port == IOTSIG_NO_PORT)
        Py_RETURN_NONE;
    return PyLong_FromLong(port);
}

struct difference_list {
    PyObject *list;
    bool failed;
};

static void add_difference(void *user, const struct iotsig_difference *difference)
{
    struct difference_list *list = user;
    if (list->failed)
        return;
    PyObject *item =
        Py_BuildValue("(iNNNNN)", (int)difference->kind, text_or_none(difference->name),
                      difference_text(difference->a), difference_text(difference->b),
                      difference_port(difference->port_a), difference_port(difference->port_b));
    list->failed = item == NULL || PyList_Append(list->list, item) != 0;
    Py_XDECREF(item);
}

static PyObject *differences(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *a, *b;
    if (!PyArg_ParseTuple(arguments, "OO", &a, &b))
        return NULL;
    struct iotsig_pattern *pattern = two_flows(state, a, b);
    if (pattern == NULL)
        return NULL;
    struct difference_list list = {PyList_New(0), false};
    list.failed = list.list == NULL;
    iotsig_flow_differences(pattern, 0, pattern, 1, add_difference, &list);
    iotsig_pattern_free(pattern);
    if (list.failed)
        Py_CLEAR(list.list);
    return list.list;
}

/* One flow. */

/* The ports of the first flow with those of the second: [(host, port, count)]. */
static PyObject *join(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *a, *b, *list = NULL;
    struct iotsig_error error;
    if (!PyArg_ParseTuple(arguments, "OO", &a, &b))
        return NULL;
    struct iotsig_pattern *pattern = two_flows(state, a, b);
    if (pattern == NULL)
        return NULL;
    if (iotsig_pattern_join(pattern, 0, 1, NULL, &error) != 0) {
        raise_failure(state, &error);
    } else {
        struct iotsig_flow flow;
        iotsig_pattern_flow(pattern, 0, &flow);
        list = PyList_New((Py_ssize_t)flow.ports);
        for (size_t i = 0; list != NULL && i < flow.ports; i++) {
            struct iotsig_port port;
            iotsig_pattern_port(pattern, 0, i, &port);
            put_in_list(&list, i,
                        Py_BuildValue("(NiK)", difference_text(port.host), (int)port.port,
                                      (unsigned long long)port.count));
        }
    }
    iotsig_pattern_free(pattern);
    return list;
}

static struct iotsig_pattern *one_flow(const struct state *state, PyObject *flow, unsigned parts)
{
    struct iotsig_pattern *pattern = new_pattern(state);
    if (pattern != NULL && flow_take(state, pattern, flow, parts))
        return pattern;
    iotsig_pattern_free(pattern);
    return NULL;
}

static PyObject *flow_id(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *flow;
    int with_layer;
    char id[IOTSIG_FLOW_ID];
    if (!PyArg_ParseTuple(arguments, "Op", &flow, &with_layer))
        return NULL;
    struct iotsig_pattern *pattern =
        one_flow(state, flow, with_layer ? PART_ALL : PART_ALL & ~(unsigned)PART_LAYER);
    if (pattern == NULL)
        return NULL;
    iotsig_pattern_flow_id(pattern, 0, id);
    iotsig_pattern_free(pattern);
    return PyUnicode_FromString(id);
}

/* Whether each port of a flow is fixed. */
static PyObject *fixed_ports(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *object;
    int random_ports;
    struct iotsig_flow flow;
    if (!PyArg_ParseTuple(arguments, "Op", &object, &random_ports))
        return NULL;
    struct iotsig_pattern *pattern = one_flow(state, object, PART_PROTOCOLS | PART_PORTS);
    if (pattern == NULL)
        return NULL;
    iotsig_pattern_set_random_ports(pattern, random_ports != 0);
    iotsig_pattern_flow(pattern, 0, &flow);
    PyObject *list = PyList_New((Py_ssize_t)flow.ports);
    for (size_t i = 0; list != NULL && i < flow.ports; i++) {
        struct iotsig_port port;
        iotsig_pattern_port(pattern, 0, i, &port);
        put_in_list(&list, i, PyBool_FromLong(port.fixed));
    }
    iotsig_pattern_free(pattern);
    return list;
}

/* Patterns. */

/* A Pattern of flows. */
static PyObject *pattern_from_flows(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    struct iotsig_context *context = NULL;
    struct iotsig_pattern *pattern = NULL, *copy = NULL;
    struct iotsig_error error;
    PyObject *flows;
    int random_ports;
    const char *input;
    if (!PyArg_ParseTuple(arguments, "Ops", &flows, &random_ports, &input) ||
        (pattern = new_pattern(state)) == NULL)
        return NULL;
    if (!take_flows(state, pattern, flows)) {
        iotsig_pattern_free(pattern);
        return NULL;
    }
    if (iotsig_context_new(&context, NULL, &error) != 0 ||
        iotsig_pattern_new(&copy, context, &error) != 0 ||
        iotsig_pattern_add_all(copy, pattern, &error) != 0) {
        iotsig_pattern_free(pattern);
        iotsig_pattern_free(copy);
        iotsig_context_free(context);
        return raise_failure(state, &error);
    }
    iotsig_pattern_set_random_ports(copy, random_ports != 0);
    iotsig_pattern_free(pattern);
    return pattern_object(state, context, copy, input);
}

/* Packets. */

struct taken_packet {
    struct iotsig_packet packet;
    struct utf8 src, dst;
    struct iotsig_layer *layer;
};

static void packet_fini(const struct state *state, struct taken_packet *taken)
{
    utf8_free(&taken->src);
    utf8_free(&taken->dst);
    iotsig_layer_free(state->context, taken->layer);
}

static bool get_port(const struct state *state, PyObject *object, enum name name, uint16_t *port)
{
    PyObject *value = get(state, object, name);
    bool done = value != NULL && to_port(value, port);
    Py_XDECREF(value);
    return done;
}

/* A length may be anything; what is no number is 0. */
static bool get_length(const struct state *state, PyObject *object, uint64_t *length)
{
    if (get_count(state, object, NAME_LENGTH, 0, length))
        return true;
    if (!PyErr_ExceptionMatches(PyExc_TypeError))
        return false;
    PyErr_Clear();
    *length = 0;
    return true;
}

static bool packet_take(const struct state *state, PyObject *object, struct taken_packet *taken)
{
    *taken = (struct taken_packet){.layer = NULL};
    struct iotsig_packet *packet = &taken->packet;
    bool done = get_host(get(state, object, NAME_SRC), &taken->src) &&
                get_host(get(state, object, NAME_DST), &taken->dst) &&
                get_protocols(state, object, &packet->network, &packet->transport) &&
                get_port(state, object, NAME_SPORT, &packet->sport) &&
                get_port(state, object, NAME_DPORT, &packet->dport) &&
                get_layer(state, object, &taken->layer) &&
                get_seconds(state, object, &packet->time) &&
                get_length(state, object, &packet->length);
    packet->src = taken->src.p != NULL ? taken->src.p : "";
    packet->dst = taken->dst.p != NULL ? taken->dst.p : "";
    packet->layer = taken->layer;
    if (!done && PyErr_ExceptionMatches(PyExc_AttributeError))
        PyErr_SetString(PyExc_TypeError, "not a packet");
    return done;
}

static bool group_packet(const struct state *state, struct iotsig_grouping *grouping,
                         PyObject *object)
{
    struct taken_packet taken;
    struct iotsig_error error;
    bool done = packet_take(state, object, &taken);
    if (done && iotsig_grouping_add(grouping, &taken.packet, &error) != 0) {
        raise_failure(state, &error);
        done = false;
    }
    packet_fini(state, &taken);
    return done;
}

/* A Pattern of packets. */
static PyObject *pattern_from_packets(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    struct iotsig_options options = IOTSIG_OPTIONS_DEFAULT;
    struct iotsig_context *context = NULL;
    struct iotsig_grouping *grouping = NULL;
    struct iotsig_pattern *pattern;
    struct iotsig_error error;
    PyObject *packets;
    int random_ports;
    if (!PyArg_ParseTuple(arguments, "Op", &packets, &random_ports))
        return NULL;
    PyObject *tuple = PySequence_Tuple(packets);
    if (tuple == NULL)
        return NULL;
    options.match_random_ports = random_ports != 0;
    bool done = iotsig_context_new(&context, NULL, &error) == 0 &&
                iotsig_grouping_new(&grouping, context, &options, &error) == 0;
    if (!done)
        raise_failure(state, &error);
    for (Py_ssize_t i = 0; done && i < PyTuple_Size(tuple); i++)
        done = group_packet(state, grouping, PyTuple_GetItem(tuple, i));
    Py_DECREF(tuple);
    if (done && iotsig_grouping_finish(grouping, &pattern, &error) == 0)
        return pattern_object(state, context, pattern, "");
    if (done)
        raise_failure(state, &error);
    else
        iotsig_grouping_free(grouping);
    iotsig_context_free(context);
    return NULL;
}

static bool write_packet(const struct state *state, struct iotsig_packet_writer *writer,
                         PyObject *object, uint64_t id)
{
    struct taken_packet taken;
    struct iotsig_error error;
    bool done = packet_take(state, object, &taken);
    taken.packet.id = id;
    if (done && iotsig_packet_writer_put(writer, "", &taken.packet, &error) != 0) {
        raise_failure(state, &error);
        done = false;
    }
    packet_fini(state, &taken);
    return done;
}

/* Writes packets to a file as CSV, numbered from 0. */
static PyObject *write_packets(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    const struct iotsig_style style = {.format = IOTSIG_FORMAT_CSV};
    struct iotsig_output *output = NULL;
    struct iotsig_packet_writer *writer = NULL;
    struct iotsig_error error;
    PyObject *packets, *path;
    if (!PyArg_ParseTuple(arguments, "OO&", &packets, PyUnicode_FSConverter, &path))
        return NULL;
    const char *p = PyBytes_AsString(path);
    PyObject *tuple = PySequence_Tuple(packets);
    bool done = tuple != NULL;
    if (done && (iotsig_output_open(&output, state->context, p, &error) != 0 ||
                 iotsig_packet_writer_new(&writer, state->context, output, &style, &error) != 0)) {
        raise_failure(state, &error);
        done = false;
    }
    for (Py_ssize_t i = 0; done && i < PyTuple_Size(tuple); i++)
        done = write_packet(state, writer, PyTuple_GetItem(tuple, i), (uint64_t)i);
    (void)iotsig_packet_writer_free(writer, NULL);
    if (done && iotsig_output_commit(output, &error) != 0) {
        raise_failure(state, &error);
        done = false;
    } else if (!done) {
        iotsig_output_free(output);
    }
    Py_XDECREF(tuple);
    Py_DECREF(path);
    if (!done)
        return NULL;
    Py_RETURN_NONE;
}

PyMethodDef object_methods[] = {
    {"match", match, METH_VARARGS, "Whether a flow matches another, in some of their parts."},
    {"find", find, METH_VARARGS, "The number of the first flow that a flow matches, or -1."},
    {"distance", distance, METH_VARARGS, "The distance of two flows, and its three parts."},
    {"closest_flow", closest_flow, METH_VARARGS, "Which of several flows is the closest."},
    {"differences", differences, METH_VARARGS, "In what two flows differ."},
    {"join", join, METH_VARARGS, "The ports of a flow with those of another."},
    {"flow_id", flow_id, METH_VARARGS, "The identifier of a flow."},
    {"fixed_ports", fixed_ports, METH_VARARGS, "Whether each port of a flow is fixed."},
    {"pattern_from_flows", pattern_from_flows, METH_VARARGS, "A Pattern of flows."},
    {"pattern_from_packets", pattern_from_packets, METH_VARARGS, "A Pattern of packets."},
    {"write_packets", write_packets, METH_VARARGS, "Writes packets to a file of CSV."},
    {NULL, NULL, 0, NULL}};
