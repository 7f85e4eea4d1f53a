/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signature/signature.h"

#include "base/error.h"

int iotsig_signature_new(struct iotsig_signature **out, struct iotsig_context *context,
                         const char *name, int64_t timeout_ns, struct iotsig_error *error)
{
    struct iotsig_signature *signature = iotsig_memory_get(&context->allocator, sizeof *signature);
    if (signature == NULL)
        return iotsig_fail_memory(error);
    *signature = (struct iotsig_signature){.context = context, .from.timeout_ns = timeout_ns};
    iotsig_arena_init(&signature->texts, &context->allocator);
    signature->from.name = iotsig_arena_text(&signature->texts, name, strlen(name));
    if (signature->from.name == NULL || iotsig_pattern_new(&signature->pattern, context, NULL) != 0) {
        iotsig_signature_free(signature);
        return iotsig_fail_memory(error);
    }
    *out = signature;
    return 0;
}

bool iotsig_signature_add_capture(struct iotsig_signature *signature, const char *capture)
{
    const char *copy = iotsig_arena_text(&signature->texts, capture, strlen(capture));
    if (copy == NULL ||
        !iotsig_array_grow(&signature->context->allocator, &signature->from.captures,
                           &signature->capture_capacity, signature->from.capture_count + 1,
                           sizeof *signature->from.captures))
        return false;
    signature->from.captures[signature->from.capture_count++] = copy;
    return true;
}

const char *iotsig_signature_name(const struct iotsig_signature *signature)
{
    return signature->from.name;
}

const struct iotsig_pattern *iotsig_signature_pattern(const struct iotsig_signature *signature)
{
    return signature->pattern;
}

const char *iotsig_signature_capture(const struct iotsig_signature *signature, size_t index)
{
    return index < signature->from.capture_count ? signature->from.captures[index] : NULL;
}

int64_t iotsig_signature_timeout(const struct iotsig_signature *signature)
{
    return signature->from.timeout_ns;
}

void iotsig_signature_free(struct iotsig_signature *signature)
{
    if (signature == NULL)
        return;
    iotsig_pattern_free(signature->pattern);
    iotsig_memory_free(&signature->context->allocator, signature->from.captures);
    iotsig_arena_fini(&signature->texts);
    iotsig_memory_free(&signature->context->allocator, signature);
}
