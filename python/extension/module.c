/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extension.h"

static PyStructSequence_Field packet_fields[] = {
    {"id", "its number among the packets that are kept, from 0"},
    {"time", "nanoseconds since 1970-01-01 00:00 UTC; None: the capture tells none"},
    {"network_protocol", "IPv4 or IPv6"},
    {"src", "host that sent it: a name, or an address"},
    {"dst", "host that it was sent to"},
    {"transport_protocol", "TCP or UDP"},
    {"sport", "port of src"},
    {"dport", "port of dst"},
    {"application_layer", "a Layer, or None"},
    {"length", "bytes on the wire"},
    {NULL, NULL}};
static PyStructSequence_Field layer_fields[] = {{"protocol", "such as DNS"},
                                                {"attributes",
                                                 "pairs of a name, and a text or truth value"},
                                                {NULL, NULL}};
static PyStructSequence_Field flow_fields[] = {
    {"id", "its identifier"},
    {"network_protocol", "IPv4 or IPv6"},
    {"src", "host that sent its first packet"},
    {"dst", "host that this was sent to"},
    {"transport_protocol", "TCP or UDP"},
    {"sport", "fixed port of src, or None"},
    {"dport", "fixed port of dst, or None"},
    {"ports", "the ends that packets had: each a Port"},
    {"application_layer", "a Layer, or None"},
    {"count", "fingerprints that were added up"},
    {"packets", "packets of them all"},
    {"bytes", "bytes on the wire of them all"},
    {"first", "nanoseconds since 1970 of the first packet, or None"},
    {"last", "nanoseconds since 1970 of the last packet, or None"},
    {NULL, NULL}};
static PyStructSequence_Field port_fields[] = {{"host", "name or address"},
                                               {"port", "number"},
                                               {"count", "fingerprints that had it"},
                                               {"fixed", "whether it is the same in each event"},
                                               {NULL, NULL}};
static PyStructSequence_Field progress_fields[] = {{"path", "what is read"},
                                                   {"position", "bytes of the file read"},
                                                   {"size", "bytes of the file; 0: not known"},
                                                   {"packets", "frames read"},
                                                   {NULL, NULL}};
static PyStructSequence_Field pair_fields[] = {{"a", "number of a flow of the first pattern"},
                                               {"b", "number of a flow of the second"},
                                               {"distance", "a fraction as a pair of numbers"},
                                               {NULL, NULL}};

static PyStructSequence_Desc descriptions[] = {
    {"iotsig.Packet", "The summary of a packet.", packet_fields, 10},
    {"iotsig.Layer", "The application layer of a packet or flow.", layer_fields, 2},
    {"iotsig.Flow", "A flow fingerprint.", flow_fields, 14},
    {"iotsig.Port", "One end that packets of a flow had.", port_fields, 4},
    {"iotsig.Progress", "How far the reading of a capture is.", progress_fields, 4},
    {"iotsig._iotsig.Pair", "Two flows and their distance.", pair_fields, 3}};

static const char *const attribute_names[NAMES] = {
    "application_layer", "bytes",       "count",   "dport",  "dst",   "first", "last", "length",
    "network_protocol",  "_open_hosts", "packets", "_pairs", "ports", "sport", "src",  "timestamp",
    "transport_protocol"};

static const char *const words[] = {"IPv4", "IPv6", "TCP", "UDP"};

struct state *state_of(PyObject *module)
{
    return PyModule_GetState(module);
}

static bool make_types(PyObject *module, struct state *state)
{
    PyTypeObject **const types[] = {&state->packet, &state->layer,    &state->flow,
                                    &state->port,   &state->progress, &state->pair};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        *types[i] = PyStructSequence_NewType(&descriptions[i]);
        if (*types[i] == NULL || PyModule_AddType(module, *types[i]) != 0)
            return false;
    }
    state->packets = (PyTypeObject *)PyType_FromModuleAndSpec(module, &packets_spec, NULL);
    state->pattern = (PyTypeObject *)PyType_FromModuleAndSpec(module, &pattern_spec, NULL);
    return state->packets != NULL && state->pattern != NULL &&
           PyModule_AddType(module, state->packets) == 0 &&
           PyModule_AddType(module, state->pattern) == 0;
}

static bool make_texts(struct state *state)
{
    for (size_t i = 0; i < NAMES; i++)
        if ((state->names[i] = PyUnicode_InternFromString(attribute_names[i])) == NULL)
            return false;
    for (size_t i = 0; i < WORD_NONE; i++)
        if ((state->words[i] = PyUnicode_InternFromString(words[i])) == NULL)
            return false;
    return (state->words[WORD_NONE] = PyTuple_New(0)) != NULL &&
           (state->odd_words = PyList_New(0)) != NULL;
}

static bool import_errors(struct state *state)
{
    PyObject *errors = PyImport_ImportModule("iotsig.errors");
    if (errors == NULL)
        return false;
    state->error = PyObject_GetAttrString(errors, "from_status");
    state->warn = PyObject_GetAttrString(errors, "warn");
    Py_DECREF(errors);
    return state->error != NULL && state->warn != NULL;
}

static int execute(PyObject *module)
{
    struct state *state = state_of(module);
    struct iotsig_error error;
    if (iotsig_context_new(&state->context, NULL, &error) != 0) {
        PyErr_NoMemory();
        return -1;
    }
    if (!make_types(module, state) || !make_texts(state) || !import_errors(state) ||
        PyModule_AddFunctions(module, packet_methods) != 0 ||
        PyModule_AddFunctions(module, pattern_methods) != 0 ||
        PyModule_AddFunctions(module, object_methods) != 0 ||
        PyModule_AddFunctions(module, host_methods) != 0 ||
        PyModule_AddFunctions(module, detect_methods) != 0 ||
        PyModule_AddStringConstant(module, "version", iotsig_version()) != 0)
        return -1;
    return 0;
}

/* The references that the state holds, but for texts. */
#define EACH_REFERENCE(USE)                                                                        \
    USE(error)                                                                                     \
    USE(warn)                                                                                      \
    USE(odd_words)                                                                                 \
    USE(packet) USE(layer) USE(flow) USE(port) USE(progress) USE(pair) USE(packets) USE(pattern)
#define VISIT(MEMBER) Py_VISIT(state->MEMBER);
#define CLEAR(MEMBER) Py_CLEAR(state->MEMBER);

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    struct state *state = state_of(module);
    EACH_REFERENCE(VISIT)
    return 0;
}

static int clear(PyObject *module)
{
    struct state *state = state_of(module);
    EACH_REFERENCE(CLEAR)
    for (size_t i = 0; i < NAMES; i++)
        Py_CLEAR(state->names[i]);
    for (size_t i = 0; i <= WORD_NONE; i++)
        Py_CLEAR(state->words[i]);
    return 0;
}

static void release(void *module)
{
    struct state *state = state_of(module);
    clear(module);
    iotsig_context_free(state->context);
    state->context = NULL;
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)execute}, {0, NULL}};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "iotsig._iotsig",
    .m_doc = "The library for Python. Use the modules iotsig and signature_extraction.",
    .m_size = sizeof(struct state),
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = release};

PyMODINIT_FUNC PyInit__iotsig(void);

PyMODINIT_FUNC PyInit__iotsig(void)
{
    return PyModuleDef_Init(&definition);
}
