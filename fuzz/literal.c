/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A literal of Python, as cells of its package's files hold them: what it is can be written as
 * JSON. */
#include "fuzz.h"

#include "base/context.h"
#include "format/python_literal.h"

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
    iotsig_context_free(context);
    return 0;
}
