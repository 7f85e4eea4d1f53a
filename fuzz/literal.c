/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A literal of Python, as cells of its package's files hold them: what it is can be written as
 * JSON. It is also given as the cell of a layer. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "base/context.h"
#include "format/python_literal.h"
#include "iotsig/build.h"

/* What is a layer has texts that are safe to print. */
static void read_layer(struct iotsig_context *context, const uint8_t *data, size_t size)
{
    struct iotsig_attribute attribute;
    struct iotsig_layer *layer = NULL;
    struct iotsig_error error;
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    int status = iotsig_layer_read(&layer, context, text, &error);
    free(text);
    if (status != 0)
        REQUIRE(status == IOTSIG_ERR_FORMAT && error.message[0] != '\0');
    else if (layer != NULL)
        for (size_t i = 0; iotsig_layer_attribute(layer, i, &attribute); i++)
            fuzz_printable(attribute.text);
    iotsig_layer_free(context, layer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iotsig_context *context = fuzz_context();
    struct iotsig_error error = {.status = 0};
    json_t *value;
    int status = iotsig_python_literal(&context->allocator, (struct text){(const char *)data, size},
                                       &value, &error);
    REQUIRE(status == 0 || (status == IOTSIG_ERR_FORMAT && error.message[0] != '\0'));
    if (status == 0) {
        REQUIRE(value != NULL);
        json_decref(value);
    }
    read_layer(context, data, size);
    iotsig_context_free(context);
    return 0;
}
