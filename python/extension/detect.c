/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events of learned signatures in a capture. */
#include <stdlib.h>
#include <string.h>

#include "extension.h"
#include "iotsig/detect.h"

/* One that was seen: it is told without the GIL, so its texts are copied. */
struct seen {
    const struct iotsig_learned **ties; /* of the library, which stays */
    size_t tie_count;
    bool is_one;
    struct iotsig_ratio coverage;
    struct iotsig_time first, last;
    char *device;
    struct iotsig_trait missing[IOTSIG_DETECT_MISSING];
    size_t missing_count;
};

struct detection_list {
    struct seen *items;
    size_t count, capacity;
};

static void list_fini(struct detection_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].ties);
        free(list->items[i].device);
    }
    free(list->items);
}

static bool grow(struct detection_list *list)
{
    if (list->count < list->capacity)
        return true;
    size_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
    struct seen *items = realloc(list->items, capacity * sizeof *items);
    if (items == NULL)
        return false;
    list->items = items;
    list->capacity = capacity;
    return true;
}

static bool copy_detection(struct seen *seen, const struct iotsig_detection *detection)
{
    size_t count = detection->event != NULL ? 1 : detection->tie_count;
    size_t length = strlen(detection->device) + 1;
    *seen = (struct seen){.tie_count = count,
                          .is_one = detection->event != NULL,
                          .coverage = detection->coverage,
                          .first = detection->first,
                          .last = detection->last,
                          .missing_count = detection->missing_count};
    seen->ties = calloc(count + 1, sizeof *seen->ties);
    seen->device = malloc(length);
    if (seen->ties == NULL || seen->device == NULL) {
        free(seen->ties);
        free(seen->device);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        seen->ties[i] = detection->event != NULL ? detection->event : detection->ties[i];
    memcpy(seen->device, detection->device, length);
    for (size_t i = 0; i < detection->missing_count && i < IOTSIG_DETECT_MISSING; i++)
        seen->missing[i] = detection->missing[i];
    return true;
}

static int keep(void *user, const struct iotsig_detection *detection)
{
    struct detection_list *list = user;
    if (!grow(list) || !copy_detection(&list->items[list->count], detection))
        return IOTSIG_ERR_MEMORY;
    list->count++;
    return 0;
}

/* Frames between two looks at signals. */
#define LOOK_EVERY 65536

static int look(struct options *options, const struct iotsig_capture *capture, const char *path,
                uint64_t frames, struct iotsig_error *error)
{
    struct iotsig_progress progress = {.path = path, .packets = frames};
    progress.position = iotsig_capture_position(capture, &progress.size);
    if (options->options.progress(options, &progress) == 0)
        return 0;
    return iotsig_error_set(error, IOTSIG_ERR_CANCELLED, NULL, "stopped");
}

static int push_all(struct iotsig_detector *detector, struct iotsig_capture *capture,
                    const char *path, struct options *options, struct iotsig_error *error)
{
    struct iotsig_frame frame;
    uint64_t frames = 0;
    int status;
    while ((status = iotsig_capture_next(capture, &frame, error)) == 1) {
        status = iotsig_detector_push(detector, &frame, error);
        if (status == 0 && ++frames % LOOK_EVERY == 0)
            status = look(options, capture, path, frames, error);
        if (status != 0)
            return status;
    }
    return status != 0 ? status : iotsig_detector_finish(detector, error);
}

static int detect_in(struct detection_list *list, const struct iotsig_library *library,
                     const char *path, const char *self, struct options *options,
                     struct iotsig_error *error)
{
    const struct iotsig_detect_options detect_options = {.self = self, .names = options->names};
    struct iotsig_detector *detector = NULL;
    struct iotsig_capture *capture = NULL;
    int status =
        iotsig_capture_open(&capture, options->context, path, options->options.filter, error);
    if (status == 0)
        status = iotsig_detector_new(&detector, options->context, library, &detect_options, keep,
                                     list, error);
    if (status == 0)
        status = push_all(detector, capture, path, options, error);
    iotsig_detector_free(detector);
    iotsig_capture_close(capture);
    return status;
}

static PyObject *events_object(const struct seen *seen)
{
    PyObject *events = PyTuple_New((Py_ssize_t)seen->tie_count);
    for (size_t i = 0; events != NULL && i < seen->tie_count; i++)
        put_in_tuple(&events, i, text_or_none(iotsig_learned_event(seen->ties[i])));
    return events;
}

static PyObject *missing_object(const struct seen *seen)
{
    PyObject *missing = PyTuple_New((Py_ssize_t)seen->missing_count);
    for (size_t i = 0; missing != NULL && i < seen->missing_count; i++)
        put_in_tuple(&missing, i,
                     Py_BuildValue("(ss)", seen->missing[i].family, seen->missing[i].text));
    return missing;
}

static PyObject *list_object(const struct detection_list *list)
{
    PyObject *objects = PyList_New((Py_ssize_t)list->count);
    for (size_t i = 0; objects != NULL && i < list->count; i++) {
        const struct seen *seen = &list->items[i];
        put_in_list(&objects, i,
                    Py_BuildValue("(ONNsNNN)", seen->is_one ? Py_True : Py_False,
                                  events_object(seen), ratio_object(seen->coverage), seen->device,
                                  time_object(seen->first), time_object(seen->last),
                                  missing_object(seen)));
    }
    return objects;
}

/* What was seen before the input broke is told, and then how it broke: (list, exception or None).
 */
static PyObject *result_object(const struct state *state, const struct detection_list *list,
                               int status, const struct iotsig_error *error)
{
    if (!is_of_input(status) || (status != 0 && list->count == 0))
        return raise_failure(state, error);
    PyObject *failure = status == 0 ? Py_NewRef(Py_None) : failure_object(state, error);
    return failure == NULL ? NULL : Py_BuildValue("(NN)", list_object(list), failure);
}

static PyObject *detect(PyObject *module, PyObject *arguments)
{
    struct state *state = state_of(module);
    PyObject *path, *signatures, *options_tuple, *result = NULL;
    const char *self;
    struct options options;
    struct iotsig_library *library = NULL;
    struct detection_list list = {NULL, 0, 0};
    struct iotsig_error error;
    char *p, *folder;
    if (!PyArg_ParseTuple(arguments, "SSzO", &path, &signatures, &self, &options_tuple) ||
        PyBytes_AsStringAndSize(path, &p, NULL) != 0 ||
        PyBytes_AsStringAndSize(signatures, &folder, NULL) != 0 ||
        !options_init(&options, state, options_tuple))
        return NULL;
    options_leave(&options);
    int status = iotsig_library_new(&library, options.context, &error);
    if (status == 0)
        status = iotsig_library_read(library, folder, &error);
    if (status == 0)
        status = detect_in(&list, library, p, self, &options, &error);
    options_enter(&options);
    result = result_object(state, &list, status, &error);
    list_fini(&list);
    iotsig_library_free(library);
    options_fini(&options);
    return result;
}

PyMethodDef detect_methods[] = {{"detect", detect, METH_VARARGS,
                                 "The events of learned signatures in a capture."},
                                {NULL, NULL, 0, NULL}};
