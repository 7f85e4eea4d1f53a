/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns and signatures: reading, extracting, comparing, writing. */
#include <stdlib.h>
#include <string.h>

#include "extension.h"

/* One that belongs to a context of its own, so that it can go to another thread. */
struct pattern_object {
    PyObject_HEAD struct iotsig_context *context;
    struct iotsig_pattern *own;         /* or NULL: the signature's */
    struct iotsig_signature *signature; /* or NULL */
    char *input;
};

static const struct iotsig_pattern *get_pattern(const struct pattern_object *self)
{
    return self->signature != NULL ? iotsig_signature_pattern(self->signature) : self->own;
}

const struct iotsig_pattern *pattern_of(const struct state *state, PyObject *object)
{
    if (Py_TYPE(object) == state->pattern)
        return get_pattern((struct pattern_object *)object);
    PyErr_SetString(PyExc_TypeError, "not a pattern of the library");
    return NULL;
}

static void pattern_dealloc(PyObject *object)
{
    struct pattern_object *self = (struct pattern_object *)object;
    PyTypeObject *type = Py_TYPE(object);
    iotsig_pattern_free(self->own);
    iotsig_signature_free(self->signature);
    iotsig_context_free(self->context);
    free(self->input);
    PyObject_Free(object);
    Py_DECREF(type);
}

static PyObject *make_object(const struct state *state, struct iotsig_context *context,
                             struct iotsig_pattern *pattern, struct iotsig_signature *signature,
                             const char *input)
{
    struct pattern_object *self = PyObject_New(struct pattern_object, state->pattern);
    size_t size = strlen(input) + 1;
    char *copy = malloc(size);
    if (self == NULL || copy == NULL) {
        iotsig_pattern_free(pattern);
        iotsig_signature_free(signature);
        iotsig_context_free(context);
        free(copy);
        if (self != NULL) {
            *self = (struct pattern_object){.ob_base = self->ob_base};
            Py_DECREF(self);
        }
        return PyErr_NoMemory();
    }
    memcpy(copy, input, size);
    self->context = context;
    self->own = pattern;
    self->signature = signature;
    self->input = copy;
    return (PyObject *)self;
}

PyObject *pattern_object(const struct state *state, struct iotsig_context *context,
                         struct iotsig_pattern *pattern, const char *input)
{
    return make_object(state, context, pattern, NULL, input);
}

/* A copy of a pattern in a new context. */
static PyObject *copy_object(const struct state *state, const struct iotsig_pattern *from,
                             bool random_ports, const char *input)
{
    struct iotsig_context *context = NULL;
    struct iotsig_pattern *pattern = NULL;
    struct iotsig_error error;
    if (iotsig_context_new(&context, NULL, &error) == 0 &&
        iotsig_pattern_new(&pattern, context, &error) == 0) {
        iotsig_pattern_set_random_ports(pattern, random_ports);
        if (iotsig_pattern_add_all(pattern, from, &error) == 0)
            return pattern_object(state, context, pattern, input);
    }
    iotsig_pattern_free(pattern);
    iotsig_context_free(context);
    return raise_failure(state, &error);
}

/* Flows. */

static PyObject *port_object(const struct state *state, const struct iotsig_port *port)
{
    PyObject *object = PyStructSequence_New(state->port);
    if (object != NULL && (!set_field(object, 0, PyUnicode_FromString(port->host)) ||
                           !set_field(object, 1, PyLong_FromLong(port->port)) ||
                           !set_field(object, 2, PyLong_FromUnsignedLongLong(port->count)) ||
                           !set_field(object, 3, PyBool_FromLong(port->fixed))))
        Py_CLEAR(object);
    return object;
}

static PyObject *ports_object(const struct state *state, const struct iotsig_pattern *pattern,
                              size_t index, size_t count)
{
    PyObject *ports = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; ports != NULL && i < count; i++) {
        struct iotsig_port port;
        iotsig_pattern_port(pattern, index, i, &port);
        put_in_tuple(&ports, i, port_object(state, &port));
    }
    return ports;
}

static PyObject *fixed_port_object(int32_t port)
{
    if (port == IOTSIG_NO_PORT)
        Py_RETURN_NONE;
    return PyLong_FromLong(port);
}

static PyObject *flow_object(const struct state *state, const struct iotsig_pattern *pattern,
                             size_t index)
{
    char id[IOTSIG_FLOW_ID];
    struct iotsig_flow flow;
    iotsig_pattern_flow(pattern, index, &flow);
    iotsig_pattern_flow_id(pattern, index, id);
    PyObject *object = PyStructSequence_New(state->flow);
    if (object != NULL && (!set_field(object, 0, PyUnicode_FromString(id)) ||
                           !set_field(object, 1, network_word(state, flow.network)) ||
                           !set_field(object, 2, PyUnicode_FromString(flow.src)) ||
                           !set_field(object, 3, PyUnicode_FromString(flow.dst)) ||
                           !set_field(object, 4, transport_word(state, flow.transport)) ||
                           !set_field(object, 5, fixed_port_object(flow.sport)) ||
                           !set_field(object, 6, fixed_port_object(flow.dport)) ||
                           !set_field(object, 7, ports_object(state, pattern, index, flow.ports)) ||
                           !set_field(object, 8, layer_object(state, flow.layer)) ||
                           !set_field(object, 9, PyLong_FromUnsignedLongLong(flow.count)) ||
                           !set_field(object, 10, PyLong_FromUnsignedLongLong(flow.packets)) ||
                           !set_field(object, 11, PyLong_FromUnsignedLongLong(flow.bytes)) ||
                           !set_field(object, 12, time_object(flow.first)) ||
                           !set_field(object, 13, time_object(flow.last))))
        Py_CLEAR(object);
    return object;
}

static Py_ssize_t pattern_length(PyObject *object)
{
    return (Py_ssize_t)iotsig_pattern_count(get_pattern((struct pattern_object *)object));
}

static PyObject *pattern_item(PyObject *object, Py_ssize_t index)
{
    const struct iotsig_pattern *pattern = get_pattern((struct pattern_object *)object);
    if (index < 0 || (size_t)index >= iotsig_pattern_count(pattern)) {
        PyErr_SetString(PyExc_IndexError, "there is no flow of this number");
        return NULL;
    }
    return flow_object(PyType_GetModuleState(Py_TYPE(object)), pattern, (size_t)index);
}

/* What is told on the way is kept: there is no GIL, or it may be why all fails. */

struct told {
    struct iotsig_error *items;
    size_t count, capacity;
};

static int keep_told(void *user, const struct iotsig_error *what)
{
    struct told *told = user;
    if (told->count == told->capacity) {
        size_t capacity = told->capacity == 0 ? 4 : told->capacity * 2;
        struct iotsig_error *items = realloc(told->items, capacity * sizeof *items);
        if (items == NULL)
            return 1;
        told->items = items;
        told->capacity = capacity;
    }
    told->items[told->count++] = *what;
    return 0;
}

static PyObject *told_object(const struct state *state, const struct told *told)
{
    PyObject *list = PyList_New((Py_ssize_t)told->count);
    for (size_t i = 0; list != NULL && i < told->count; i++)
        put_in_list(&list, i, failure_object(state, &told->items[i]));
    return list;
}

/* Warns of each; false when that has raised an exception. */
static bool warn_told(const struct state *state, const struct told *told)
{
    bool done = true;
    for (size_t i = 0; done && i < told->count; i++)
        done = warn(state, &told->items[i]);
    return done;
}

/* Writing. */

PyObject *output_text(const struct state *state, struct iotsig_output *output, int status,
                      const struct iotsig_error *error)
{
    PyObject *text = NULL;
    size_t n;
    if (status != 0) {
        raise_failure(state, error);
    } else {
        const char *p = iotsig_output_text(output, &n);
        text = PyUnicode_DecodeUTF8(p, (Py_ssize_t)n, "surrogateescape");
    }
    iotsig_output_free(output);
    return text;
}

/* A list of one pattern, in the context of the module. */
static int make_list(const struct state *state, struct iotsig_patterns **list,
                     const struct iotsig_pattern *pattern, const char *input,
                     struct iotsig_error *error)
{
    int status = iotsig_patterns_new(list, state->context, NULL, false, error);
    return status != 0 ? status : iotsig_patterns_add(*list, pattern, input, error);
}

static int write_to(const struct state *state, const struct pattern_object *self,
                    struct iotsig_output *output, enum iotsig_format format,
                    struct iotsig_error *error)
{
    const struct iotsig_style style = {.format = format};
    struct iotsig_patterns *list = NULL;
    if (self->signature != NULL)
        return iotsig_signature_write(self->signature, output, &style, error);
    int status = make_list(state, &list, self->own, self->input, error);
    if (status == 0)
        status = iotsig_patterns_write(list, output, &style, error);
    iotsig_patterns_free(list);
    return status;
}

static PyObject *pattern_text(PyObject *object, PyObject *arguments)
{
    const struct state *state = PyType_GetModuleState(Py_TYPE(object));
    const char *name;
    enum iotsig_format format;
    struct iotsig_error error;
    struct iotsig_output *output;
    if (!PyArg_ParseTuple(arguments, "s", &name))
        return NULL;
    if (iotsig_format_parse(&format, name, &error) != 0 ||
        iotsig_output_memory(&output, state->context, &error) != 0)
        return raise_failure(state, &error);
    int status = write_to(state, (struct pattern_object *)object, output, format, &error);
    return output_text(state, output, status, &error);
}

static PyObject *pattern_write(PyObject *object, PyObject *arguments)
{
    const struct state *state = PyType_GetModuleState(Py_TYPE(object));
    const char *name;
    PyObject *path;
    enum iotsig_format format;
    struct iotsig_error error;
    struct iotsig_output *output;
    if (!PyArg_ParseTuple(arguments, "O&s", PyUnicode_FSConverter, &path, &name))
        return NULL;
    const char *p = PyBytes_AsString(path);
    int status = iotsig_format_parse(&format, name, &error);
    if (status == 0)
        status = iotsig_output_open(&output, state->context, p, &error);
    if (status == 0) {
        status = write_to(state, (struct pattern_object *)object, output, format, &error);
        if (status == 0)
            status = iotsig_output_commit(output, &error);
        else
            iotsig_output_free(output);
    }
    Py_DECREF(path);
    if (status != 0)
        return raise_failure(state, &error);
    Py_RETURN_NONE;
}

static bool get_device(PyObject *tuple, struct iotsig_device *device)
{
    *device = (struct iotsig_device){NULL, NULL, NULL, NULL};
    return PyArg_ParseTuple(tuple, "zzzz", &device->name, &device->mac, &device->ipv4,
                            &device->ipv6);
}

static PyObject *pattern_profile(PyObject *object, PyObject *arguments)
{
    const struct state *state = PyType_GetModuleState(Py_TYPE(object));
    const struct pattern_object *self = (struct pattern_object *)object;
    const char *name;
    PyObject *tuple;
    struct iotsig_device device;
    struct iotsig_style style = {.width = 0};
    struct iotsig_patterns *list = NULL;
    struct iotsig_output *output = NULL;
    struct iotsig_error error;
    if (!PyArg_ParseTuple(arguments, "O!s", &PyTuple_Type, &tuple, &name) ||
        !get_device(tuple, &device))
        return NULL;
    int status = iotsig_format_parse(&style.format, name, &error);
    if (status == 0)
        status = make_list(state, &list, get_pattern(self), self->input, &error);
    if (status == 0)
        status = iotsig_output_memory(&output, state->context, &error);
    if (status == 0)
        status = iotsig_profile_write(list, &device, output, &style, &error);
    iotsig_patterns_free(list);
    return output_text(state, output, status, &error);
}

static void keep_problem(void *user, const struct iotsig_error *problem, bool warning)
{
    if (!warning) /* nothing is lost by one */
        (void)keep_told(user, problem);
}

static int write_firewall(const struct state *state, const struct pattern_object *self,
                          const struct iotsig_profile_settings *settings, const char *path,
                          struct iotsig_error *error)
{
    const struct iotsig_firewall_settings none = {.name = NULL};
    struct iotsig_patterns *list = NULL;
    struct iotsig_profiles *profiles = NULL;
    struct iotsig_firewall *firewall = NULL;
    int status = make_list(state, &list, get_pattern(self), self->input, error);
    if (status == 0)
        status = iotsig_profiles_new(&profiles, state->context, settings, error);
    if (status == 0)
        status = iotsig_profiles_add(profiles, list, error);
    if (status == 0)
        status = iotsig_firewall_new(&firewall, profiles, &none, error);
    if (status == 0)
        status = iotsig_firewall_write(firewall, path, error);
    iotsig_firewall_free(firewall);
    iotsig_profiles_free(profiles);
    iotsig_patterns_free(list);
    return status;
}

static PyObject *pattern_firewall(PyObject *object, PyObject *arguments)
{
    const struct state *state = PyType_GetModuleState(Py_TYPE(object));
    struct told told = {NULL, 0, 0};
    struct iotsig_profile_settings settings = {.problem = keep_problem, .user = &told};
    PyObject *tuple, *path;
    struct iotsig_error error;
    if (!PyArg_ParseTuple(arguments, "O!O&", &PyTuple_Type, &tuple, PyUnicode_FSConverter, &path))
        return NULL;
    if (!get_device(tuple, &settings.device)) {
        Py_DECREF(path);
        return NULL;
    }
    const char *p = PyBytes_AsString(path);
    int status = write_firewall(state, (struct pattern_object *)object, &settings, p, &error);
    bool done = status == 0 && warn_told(state, &told);
    if (status == IOTSIG_ERR_EMPTY && told.count > 0)
        raise_failure(state, &told.items[0]);
    else if (status != 0)
        raise_failure(state, &error);
    free(told.items);
    Py_DECREF(path);
    return done ? Py_NewRef(Py_None) : NULL;
}

/* Whether ports are fixed that all packets of a fingerprint use: no file says so. */
static PyObject *pattern_random_ports(PyObject *object, PyObject *ignored)
{
    (void)ignored;
    return PyBool_FromLong(
        iotsig_pattern_random_ports(get_pattern((struct pattern_object *)object)));
}

static PyMethodDef pattern_object_methods[] = {
    {"text", pattern_text, METH_VARARGS, "The pattern in a format, as a text."},
    {"write", pattern_write, METH_VARARGS, "Writes it to a file, whole or not at all."},
    {"profile", pattern_profile, METH_VARARGS, "Its flows as the profile of a device."},
    {"firewall", pattern_firewall, METH_VARARGS, "Writes a firewall that blocks its flows."},
    {"random_ports", pattern_random_ports, METH_NOARGS, "Whether ports of any number are fixed."},
    {NULL, NULL, 0, NULL}};

static char pattern_doc[] = "Flow fingerprints, as the library holds them.";

static PyType_Slot pattern_slots[] = {{Py_tp_dealloc, (void *)pattern_dealloc},
                                      {Py_sq_length, (void *)pattern_length},
                                      {Py_sq_item, (void *)pattern_item},
                                      {Py_tp_methods, pattern_object_methods},
                                      {Py_tp_doc, pattern_doc},
                                      {0, NULL}};

PyType_Spec pattern_spec = {.name = "iotsig._iotsig.Pattern",
                            .basicsize = sizeof(struct pattern_object),
                            .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
                                     Py_TPFLAGS_IMMUTABLETYPE,
                            .slots = pattern_slots};

/* Reading. */

static int read_input(struct iotsig_patterns *list, const struct input *input,
                      struct options *options, struct told *told, struct iotsig_error *error)
{
    options_leave(options);
    int status = input->fd >= 0
                     ? iotsig_patterns_read_fd(list, input->fd, input->name, keep_told, told, error)
                     : iotsig_patterns_read(list, input->name, keep_told, told, error);
    options_enter(options);
    return status;
}

/* Adds an input, or a Pattern. False when an exception has been raised. */
static bool add_item(struct iotsig_patterns *list, PyObject *item, struct options *options,
                     struct told *told)
{
    struct iotsig_error error;
    struct input input;
    int status;
    if (Py_TYPE(item) == options->state->pattern) {
        const struct pattern_object *pattern = (struct pattern_object *)item;
        status = iotsig_patterns_add(list, get_pattern(pattern), pattern->input, &error);
        if (status != 0)
            raise_failure(options->state, &error);
        return status == 0;
    }
    if (!input_get(item, &input))
        return false;
    status = read_input(list, &input, options, told, &error);
    if (!is_of_input(status))
        raise_failure(options->state, &error);
    return is_of_input(status);
}

static bool add_items(struct iotsig_patterns *list, PyObject *items, struct options *options,
                      struct told *told)
{
    for (Py_ssize_t i = 0; i < PyTuple_Size(items); i++)
        if (!add_item(list, PyTuple_GetItem(items, i), options, told))
            return false;
    return true;
}

static PyObject *read_object(const struct iotsig_patterns *list, size_t i, struct options *options)
{
    const char *input = iotsig_patterns_input(list, i);
    PyObject *pattern = copy_object(options->state, iotsig_patterns_get(list, i),
                                    options->options.match_random_ports, input);
    PyObject *hosts = pattern == NULL ? NULL : names_object(iotsig_patterns_names(list, i));
    PyObject *name = hosts == NULL ? NULL : text_or_none(input);
    PyObject *result = name == NULL ? NULL : PyTuple_Pack(3, pattern, name, hosts);
    Py_XDECREF(pattern);
    Py_XDECREF(hosts);
    Py_XDECREF(name);
    return result;
}

static PyObject *read_objects(const struct iotsig_patterns *list, struct options *options)
{
    size_t count = iotsig_patterns_count(list);
    PyObject *objects = PyList_New((Py_ssize_t)count);
    for (size_t i = 0; objects != NULL && i < count; i++)
        put_in_list(&objects, i, read_object(list, i, options));
    return objects;
}

/* ([(Pattern, input, hosts)], [what was told]) of inputs, each with names of its own. */
static PyObject *read_patterns(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *items, *options_tuple, *objects = NULL, *failures = NULL;
    struct options options;
    struct iotsig_patterns *list = NULL;
    struct iotsig_error error;
    struct told told = {NULL, 0, 0};
    int shared;
    if (!PyArg_ParseTuple(arguments, "O!Op", &PyTuple_Type, &items, &options_tuple, &shared) ||
        !options_init(&options, state, options_tuple))
        return NULL;
    if (iotsig_patterns_new(&list, options.context, &options.options, shared != 0, &error) != 0)
        raise_failure(state, &error);
    else if (add_items(list, items, &options, &told) &&
             (objects = read_objects(list, &options)) != NULL)
        failures = told_object(state, &told);
    iotsig_patterns_free(list);
    options_fini(&options);
    free(told.items);
    if (failures == NULL)
        Py_CLEAR(objects);
    return objects == NULL ? NULL : Py_BuildValue("(NN)", objects, failures);
}

/* The names that the captures of a signature share. */
static PyObject *shared_names(const struct iotsig_patterns *list, const struct options *options)
{
    return names_object(iotsig_patterns_count(list) > 0 ? iotsig_patterns_names(list, 0)
                                                        : options->names);
}

/* (Pattern or None, hosts, [what was told]): the signature of inputs and patterns, which share
 * names. */
static PyObject *extract(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *items, *options_tuple, *pattern = NULL, *names = NULL, *failures = NULL;
    struct utf8 name = {NULL, 0, NULL};
    PyObject *name_object;
    struct options options;
    struct iotsig_patterns *list = NULL;
    struct iotsig_signature *signature = NULL;
    struct iotsig_error error;
    struct told told = {NULL, 0, 0};
    if (!PyArg_ParseTuple(arguments, "O!OO", &PyTuple_Type, &items, &options_tuple, &name_object) ||
        !utf8_get(name_object, "name", &name))
        return NULL;
    if (!options_init(&options, state, options_tuple)) {
        utf8_free(&name);
        return NULL;
    }
    if (iotsig_patterns_new(&list, options.context, &options.options, true, &error) != 0) {
        raise_failure(state, &error);
    } else if (add_items(list, items, &options, &told)) {
        options_leave(&options);
        int status = iotsig_signature_extract(&signature, list, name.p, &error);
        options_enter(&options);
        if (status != 0 && status != IOTSIG_ERR_EMPTY)
            raise_failure(state, &error);
        else if ((names = shared_names(list, &options)) != NULL)
            failures = told_object(state, &told);
    }
    iotsig_patterns_free(list);
    free(told.items);
    if (failures != NULL && signature != NULL) {
        struct iotsig_context *context = options.context;
        options.context = NULL; /* the signature's now: all else that it has goes before */
        options_fini(&options);
        pattern = make_object(state, context, NULL, signature, name.p);
        signature = NULL;
    } else if (failures != NULL) {
        pattern = Py_NewRef(Py_None);
    }
    iotsig_signature_free(signature);
    utf8_free(&name);
    options_fini(&options);
    if (pattern == NULL) {
        Py_XDECREF(names);
        Py_XDECREF(failures);
        return NULL;
    }
    return Py_BuildValue("(NNN)", pattern, names, failures);
}

/* Comparing. */

/* Two patterns in one context. */
struct two {
    struct iotsig_context *context;
    struct iotsig_pattern *a, *b;
    struct iotsig_same_hosts *same;
    struct iotsig_options options;
};

static int copy_pattern(struct iotsig_pattern **to, struct iotsig_context *context,
                        const struct iotsig_pattern *from, bool random_ports,
                        struct iotsig_error *error)
{
    int status = iotsig_pattern_new(to, context, error);
    if (status != 0)
        return status;
    iotsig_pattern_set_random_ports(*to, random_ports);
    return iotsig_pattern_add_all(*to, from, error);
}

static void two_fini(struct two *two)
{
    iotsig_pattern_free(two->a);
    iotsig_pattern_free(two->b);
    iotsig_same_hosts_free(two->same);
    iotsig_context_free(two->context);
}

static bool two_init(struct two *two, const struct state *state, PyObject *a, PyObject *b,
                     bool random_ports, PyObject *same)
{
    const struct iotsig_options defaults = IOTSIG_OPTIONS_DEFAULT;
    struct iotsig_error error;
    *two = (struct two){.options = defaults};
    const struct iotsig_pattern *from = pattern_of(state, a);
    const struct iotsig_pattern *to = from == NULL ? NULL : pattern_of(state, b);
    if (to == NULL)
        return false;
    two->options.match_random_ports = random_ports;
    bool made = iotsig_context_new(&two->context, NULL, &error) == 0 &&
                copy_pattern(&two->a, two->context, from, random_ports, &error) == 0 &&
                copy_pattern(&two->b, two->context, to, random_ports, &error) == 0 &&
                iotsig_same_hosts_new(&two->same, two->context, &error) == 0;
    if (!made)
        raise_failure(state, &error);
    bool done = made && same_hosts_take(state, two->same, same);
    two->options.same_hosts = two->same;
    if (!done)
        two_fini(two);
    return done;
}

static PyObject *pair_object(const struct state *state, const struct iotsig_pair *pair)
{
    PyObject *object = PyStructSequence_New(state->pair);
    if (object != NULL && (!set_field(object, 0, PyLong_FromSize_t(pair->a)) ||
                           !set_field(object, 1, PyLong_FromSize_t(pair->b)) ||
                           !set_field(object, 2, ratio_object(pair->distance.whole))))
        Py_CLEAR(object);
    return object;
}

static bool append(PyObject *list, PyObject *item)
{
    bool done = item != NULL && PyList_Append(list, item) == 0;
    Py_XDECREF(item);
    return done;
}

static bool fill_comparison(const struct state *state, const struct iotsig_comparison *comparison,
                            PyObject *pairs, PyObject *only_a, PyObject *only_b)
{
    struct iotsig_pair pair;
    size_t flow;
    for (size_t i = 0; i < iotsig_comparison_count(comparison); i++) {
        iotsig_comparison_pair(comparison, i, &pair);
        if (!append(pairs, pair_object(state, &pair)))
            return false;
    }
    for (size_t i = 0; iotsig_comparison_only(comparison, false, i, &flow); i++)
        if (!append(only_a, PyLong_FromSize_t(flow)))
            return false;
    for (size_t i = 0; iotsig_comparison_only(comparison, true, i, &flow); i++)
        if (!append(only_b, PyLong_FromSize_t(flow)))
            return false;
    return true;
}

static PyObject *comparison_object(const struct state *state,
                                   const struct iotsig_comparison *comparison)
{
    PyObject *pairs = PyList_New(0), *only_a = PyList_New(0), *only_b = PyList_New(0);
    PyObject *result = NULL;
    if (pairs != NULL && only_a != NULL && only_b != NULL &&
        fill_comparison(state, comparison, pairs, only_a, only_b))
        result =
            Py_BuildValue("(sOOO)", iotsig_comparison_distance(comparison), pairs, only_a, only_b);
    Py_XDECREF(pairs);
    Py_XDECREF(only_a);
    Py_XDECREF(only_b);
    return result;
}

static PyObject *compare(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *a, *b, *same, *result = NULL;
    struct iotsig_comparison *comparison = NULL;
    struct iotsig_error error;
    struct two two;
    int random_ports, status;
    if (!PyArg_ParseTuple(arguments, "OOpO", &a, &b, &random_ports, &same) ||
        !two_init(&two, state, a, b, random_ports != 0, same))
        return NULL;
    Py_BEGIN_ALLOW_THREADS status = iotsig_compare(&comparison, two.a, two.b, &two.options, &error);
    Py_END_ALLOW_THREADS if (status == 0) result = comparison_object(state, comparison);
    else raise_failure(state, &error);
    iotsig_comparison_free(comparison);
    two_fini(&two);
    return result;
}

static PyObject *closest_object(const struct state *state, const struct iotsig_closest *closest,
                                size_t count)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < count; i++) {
        struct iotsig_pair pair;
        iotsig_closest_get(closest, i, &pair);
        if (!append(list, pair_object(state, &pair)))
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *closest(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *a, *b, *result = NULL;
    struct iotsig_closest *found = NULL;
    struct iotsig_error error;
    struct two two;
    int random_ports, status;
    if (!PyArg_ParseTuple(arguments, "OOp", &a, &b, &random_ports) ||
        !two_init(&two, state, a, b, random_ports != 0, state->words[WORD_NONE]))
        return NULL;
    Py_BEGIN_ALLOW_THREADS status = iotsig_closest_new(&found, two.a, two.b, &two.options, &error);
    Py_END_ALLOW_THREADS if (status == 0) result =
        closest_object(state, found, iotsig_pattern_count(two.a));
    else raise_failure(state, &error);
    iotsig_closest_free(found);
    two_fini(&two);
    return result;
}

/* Converting files. */

static int convert_to(const struct state *state, const char *path, enum iotsig_format format,
                      struct iotsig_output *output, struct iotsig_error *error)
{
    const struct iotsig_style style = {.format = format};
    return iotsig_convert(state->context, path, NULL, output, &style, error);
}

/* A file in another format, as a text, or written to a file. */
static PyObject *convert(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *from = NULL, *to = NULL, *result = NULL;
    const char *name;
    enum iotsig_format format;
    struct iotsig_output *output;
    struct iotsig_error error;
    if (!PyArg_ParseTuple(arguments, "O&s|O&", PyUnicode_FSConverter, &from, &name,
                          PyUnicode_FSConverter, &to)) {
        Py_XDECREF(from);
        return NULL;
    }
    const char *path = PyBytes_AsString(from), *target = to != NULL ? PyBytes_AsString(to) : NULL;
    int status = iotsig_format_parse(&format, name, &error);
    if (status == 0)
        status = target != NULL ? iotsig_output_open(&output, state->context, target, &error)
                                : iotsig_output_memory(&output, state->context, &error);
    if (status != 0) {
        raise_failure(state, &error);
    } else {
        status = convert_to(state, path, format, output, &error);
        if (target == NULL) {
            result = output_text(state, output, status, &error);
        } else {
            if (status == 0)
                status = iotsig_output_commit(output, &error);
            else
                iotsig_output_free(output);
            result = status == 0 ? Py_NewRef(Py_None) : raise_failure(state, &error);
        }
    }
    Py_DECREF(from);
    Py_XDECREF(to);
    return result;
}

PyMethodDef pattern_methods[] = {
    {"convert", convert, METH_VARARGS, "A file in another format."},
    {"read", read_patterns, METH_VARARGS, "The patterns of inputs, and what was told."},
    {"extract", extract, METH_VARARGS, "The signature of inputs and patterns."},
    {"compare", compare, METH_VARARGS, "What two patterns have in common."},
    {"closest", closest, METH_VARARGS, "For each flow of a pattern the closest of another."},
    {NULL, NULL, 0, NULL}};
