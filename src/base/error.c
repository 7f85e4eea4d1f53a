/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *iotsig_status_text(int status)
{
    switch (status) {
    case IOTSIG_OK: return "done";
    case IOTSIG_ERR_MEMORY: return "out of memory";
    case IOTSIG_ERR_LIMIT: return "over the limit";
    case IOTSIG_ERR_READ: return "cannot be read";
    case IOTSIG_ERR_FORMAT: return "malformed";
    case IOTSIG_ERR_UNSUPPORTED: return "not supported";
    case IOTSIG_ERR_WRITE: return "cannot be written";
    case IOTSIG_ERR_ARGUMENT: return "wrong argument";
    case IOTSIG_ERR_EMPTY: return "nothing to work on";
    case IOTSIG_ERR_CANCELLED: return "cancelled";
    case IOTSIG_ERR_CLOSED: return "output closed by its reader";
    default: return "unknown status";
    }
}

int iotsig_fail(struct iotsig_error *error, int status, const char *format, ...)
{
    if (error == NULL)
        return status;
    *error = (struct iotsig_error){.status = status};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return status;
}

int iotsig_fail_memory(struct iotsig_error *error)
{
    return iotsig_fail(error, IOTSIG_ERR_MEMORY, "out of memory");
}

int iotsig_fail_as(struct iotsig_error *error, int status)
{
    if (error != NULL)
        error->status = status;
    return status;
}

int iotsig_fail_in(struct iotsig_error *error, int status, const char *file)
{
    if (error != NULL && error->file[0] == '\0') {
        struct text path = text_of(file);
        struct bytes bytes = {(const uint8_t *)path.p, path.n};
        size_t n = 0;
        while (bytes.n > 0) {
            char piece[IOTSIG_ESCAPED_MAX];
            size_t written = iotsig_take_shown(&bytes, piece);
            if (n + written >= sizeof error->file)
                break;
            memcpy(error->file + n, piece, written);
            n += written;
        }
        error->file[n] = '\0';
    }
    return status;
}

int iotsig_fail_at(struct iotsig_error *error, int status, const char *format, ...)
{
    if (error == NULL || error->position[0] != '\0')
        return status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->position, sizeof error->position, format, arguments);
    va_end(arguments);
    return status;
}

int iotsig_error_set(struct iotsig_error *error, int status, const char *file, const char *message)
{
    iotsig_fail(error, status, "%s", message);
    return file == NULL ? status : iotsig_fail_in(error, status, file);
}

int iotsig_fail_within(struct iotsig_error *error, int status, const char *between,
                       const char *format, ...)
{
    if (error == NULL)
        return status;
    char inner[sizeof error->position], outer[sizeof error->position];
    memcpy(inner, error->position, sizeof inner);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(outer, sizeof outer, format, arguments);
    va_end(arguments);
    int n = snprintf(error->position, sizeof error->position, "%s%s%s", outer,
                     inner[0] == '\0' ? "" : between, inner);
    (void)n; /* cut where it does not fit: the wider place is worth more */
    return status;
}
