/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Theory of operation: a table with a row for each magic number, and three functions a codec. The
 * libraries are called directly and not through libarchive: that one throws its whole block of
 * output away when the input ends or is damaged inside it, which for a small capture is all, and it
 * does not look at gzip's checksum.
 */
#define ZLIB_CONST
#define ZSTD_STATIC_LINKING_ONLY /* for its ways to take an allocator */
#define LZ4F_STATIC_LINKING_ONLY
#include "capture/decompress.h"

#include <bzlib.h>
#include <limits.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/error.h"

/* The binary logarithm of DECOMPRESS_WINDOW_MAX; and what xz needs beside its dictionary. */
#define WINDOW_LOG_MAX 27
#define XZ_STATE ((uint64_t)1024 * 1024)

/* zlib's: the largest window, and a gzip header. */
#define GZIP_WINDOW (15 + 16)

/* The longest head of a block, with the checksum of the block before it, of zstd and lz4. */
#define BLOCK_HEAD_MAX 8

enum answer { GO_ON, MEMBER_ENDS, DAMAGED, TOO_LARGE, OUT_OF_MEMORY };

/* What one call of a library gets and gives. */
struct portion {
    struct cursor *in;
    uint8_t *to;
    size_t room, wrote;
    const char *why; /* it is damaged; of the library, may be NULL */
};

/* How far zstd and lz4 are in a block. */
struct pace {
    size_t hint; /* bytes that they ask for */
    bool full;   /* the last call filled its room: there may be more to give */
};

struct codec {
    const char *name;
    const char *magic;
    size_t magic_size;
    uint8_t mask; /* of the first byte */
    /* Makes ready for a member; `again`: after a whole one of the same codec. */
    enum answer (*begin)(struct decompressor *decompressor, bool again);
    enum answer (*step)(struct decompressor *decompressor, struct portion *portion);
    void (*end)(struct decompressor *decompressor);
};

struct decompressor {
    const struct iotsig_allocator *allocator;
    const struct codec *codec; /* of the last member; NULL: there was none */
    bool inside;               /* a member */
    bool stuck;                /* the last step did nothing, though there was input */
    union {
        z_stream gzip;
        bz_stream bzip2;
        struct {
            lzma_stream stream;
            lzma_allocator allocator;
        } xz;
        struct {
            ZSTD_DCtx *context;
            struct pace pace;
        } zstd;
        struct {
            LZ4F_dctx *context;
            struct pace pace;
        } lz4;
    };
};

/* The allocator, as the libraries want it. */

static void *get(void *user, size_t size)
{
    const struct decompressor *decompressor = user;
    return iotsig_memory_get(decompressor->allocator, size > 0 ? size : 1);
}

static void *get_product(void *user, size_t n, size_t size)
{
    return size == 0 || n <= SIZE_MAX / size ? get(user, n * size) : NULL;
}

static void *get_zlib(void *user, uInt n, uInt size)
{
    return get_product(user, n, size);
}

static void *get_bzip2(void *user, int n, int size)
{
    return n >= 0 && size >= 0 ? get_product(user, (size_t)n, (size_t)size) : NULL;
}

static void give_back(void *user, void *memory)
{
    const struct decompressor *decompressor = user;
    iotsig_memory_free(decompressor->allocator, memory);
}

/* Some of the libraries count in `unsigned`. */
static unsigned count(size_t n)
{
    return n < UINT_MAX ? (unsigned)n : UINT_MAX;
}

/* Notes what a call has taken and given. */
static void note(struct portion *portion, size_t taken, size_t given)
{
    cursor_skip(portion->in, taken);
    portion->wrote = given;
}

/* gzip (RFC 1952). */

static enum answer begin_gzip(struct decompressor *decompressor, bool again)
{
    z_stream *stream = &decompressor->gzip;
    if (again)
        return inflateReset(stream) == Z_OK ? GO_ON : OUT_OF_MEMORY;
    *stream = (z_stream){.zalloc = get_zlib, .zfree = give_back, .opaque = decompressor};
    return inflateInit2(stream, GZIP_WINDOW) == Z_OK ? GO_ON : OUT_OF_MEMORY;
}

static enum answer step_gzip(struct decompressor *decompressor, struct portion *portion)
{
    z_stream *stream = &decompressor->gzip;
    struct bytes in = cursor_rest(portion->in);
    unsigned n = count(in.n), room = count(portion->room);
    stream->next_in = in.p;
    stream->avail_in = n;
    stream->next_out = portion->to;
    stream->avail_out = room;
    int status = inflate(stream, Z_SYNC_FLUSH);
    note(portion, n - stream->avail_in, room - stream->avail_out);
    portion->why = stream->msg;
    switch (status) {
    case Z_OK:
    case Z_BUF_ERROR: return GO_ON;
    case Z_STREAM_END: return MEMBER_ENDS;
    case Z_MEM_ERROR: return OUT_OF_MEMORY;
    default: return DAMAGED;
    }
}

static void end_gzip(struct decompressor *decompressor)
{
    inflateEnd(&decompressor->gzip);
}

/* bzip2. */

static void end_bzip2(struct decompressor *decompressor)
{
    BZ2_bzDecompressEnd(&decompressor->bzip2);
}

static enum answer begin_bzip2(struct decompressor *decompressor, bool again)
{
    if (again)
        end_bzip2(decompressor);
    decompressor->bzip2 =
        (bz_stream){.bzalloc = get_bzip2, .bzfree = give_back, .opaque = decompressor};
    return BZ2_bzDecompressInit(&decompressor->bzip2, 0, 0) == BZ_OK ? GO_ON : OUT_OF_MEMORY;
}

static enum answer step_bzip2(struct decompressor *decompressor, struct portion *portion)
{
    bz_stream *stream = &decompressor->bzip2;
    struct bytes in = cursor_rest(portion->in);
    unsigned n = count(in.n), room = count(portion->room);
    stream->next_in = (char *)(uintptr_t)in.p; /* it has no const, and does not write */
    stream->avail_in = n;
    stream->next_out = (char *)portion->to;
    stream->avail_out = room;
    int status = BZ2_bzDecompress(stream);
    note(portion, n - stream->avail_in, room - stream->avail_out);
    switch (status) {
    case BZ_OK: return GO_ON;
    case BZ_STREAM_END: return MEMBER_ENDS;
    case BZ_MEM_ERROR: return OUT_OF_MEMORY;
    default: return DAMAGED;
    }
}

/* xz. */

static enum answer begin_xz(struct decompressor *decompressor, bool again)
{
    if (!again) {
        decompressor->xz.stream = (lzma_stream)LZMA_STREAM_INIT;
        decompressor->xz.allocator = (lzma_allocator){get_product, give_back, decompressor};
        decompressor->xz.stream.allocator = &decompressor->xz.allocator;
    }
    lzma_ret status =
        lzma_stream_decoder(&decompressor->xz.stream, DECOMPRESS_WINDOW_MAX + XZ_STATE, 0);
    return status == LZMA_OK ? GO_ON : OUT_OF_MEMORY;
}

static enum answer step_xz(struct decompressor *decompressor, struct portion *portion)
{
    lzma_stream *stream = &decompressor->xz.stream;
    struct bytes in = cursor_rest(portion->in);
    stream->next_in = in.p;
    stream->avail_in = in.n;
    stream->next_out = portion->to;
    stream->avail_out = portion->room;
    lzma_ret status = lzma_code(stream, LZMA_RUN);
    note(portion, in.n - stream->avail_in, portion->room - stream->avail_out);
    switch (status) {
    case LZMA_OK:
    case LZMA_BUF_ERROR: return GO_ON;
    case LZMA_STREAM_END: return MEMBER_ENDS;
    case LZMA_MEM_ERROR: return OUT_OF_MEMORY;
    case LZMA_MEMLIMIT_ERROR: return TOO_LARGE;
    case LZMA_OPTIONS_ERROR: portion->why = "it asks for what liblzma does not know"; return DAMAGED;
    default: return DAMAGED;
    }
}

static void end_xz(struct decompressor *decompressor)
{
    lzma_end(&decompressor->xz.stream);
}

/*
 * zstd (RFC 8878) and lz4. When one of these fails it does not tell what it has given in the same
 * call, so a call must never meet two blocks: it gets what is missing of one, whose end, where the
 * hint may count the head of the next, is given byte by byte; and nothing while there may be output
 * of the last left.
 */

static size_t size_of_step(const struct pace *pace, size_t left)
{
    if (pace->full)
        return 0;
    size_t n = pace->hint > BLOCK_HEAD_MAX ? pace->hint - BLOCK_HEAD_MAX : 1;
    return n < left ? n : left;
}

static enum answer begin_zstd(struct decompressor *decompressor, bool again)
{
    decompressor->zstd.pace = (struct pace){0};
    if (again)
        return GO_ON;
    ZSTD_DCtx *context = ZSTD_createDCtx_advanced((ZSTD_customMem){get, give_back, decompressor});
    decompressor->zstd.context = context;
    if (context == NULL)
        return OUT_OF_MEMORY;
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return GO_ON;
}

static enum answer step_zstd(struct decompressor *decompressor, struct portion *portion)
{
    struct pace *pace = &decompressor->zstd.pace;
    struct bytes rest = cursor_rest(portion->in);
    ZSTD_inBuffer in = {rest.p, size_of_step(pace, rest.n), 0};
    ZSTD_outBuffer out = {portion->to, portion->room, 0};
    size_t status = ZSTD_decompressStream(decompressor->zstd.context, &out, &in);
    switch (ZSTD_getErrorCode(status)) {
    case ZSTD_error_no_error: break;
    case ZSTD_error_memory_allocation: return OUT_OF_MEMORY;
    case ZSTD_error_frameParameter_windowTooLarge: return TOO_LARGE;
    default: portion->why = ZSTD_getErrorName(status); return DAMAGED;
    }
    note(portion, in.pos, out.pos);
    *pace = (struct pace){status, out.pos == out.size};
    return status == 0 ? MEMBER_ENDS : GO_ON;
}

static void end_zstd(struct decompressor *decompressor)
{
    ZSTD_freeDCtx(decompressor->zstd.context);
}

static enum answer begin_lz4(struct decompressor *decompressor, bool again)
{
    decompressor->lz4.pace = (struct pace){0};
    if (again)
        return GO_ON;
    const LZ4F_CustomMem memory = {get, NULL, give_back, decompressor};
    decompressor->lz4.context = LZ4F_createDecompressionContext_advanced(memory, LZ4F_VERSION);
    return decompressor->lz4.context != NULL ? GO_ON : OUT_OF_MEMORY;
}

static enum answer step_lz4(struct decompressor *decompressor, struct portion *portion)
{
    struct pace *pace = &decompressor->lz4.pace;
    struct bytes rest = cursor_rest(portion->in);
    size_t taken = size_of_step(pace, rest.n), given = portion->room;
    size_t status =
        LZ4F_decompress(decompressor->lz4.context, portion->to, &given, rest.p, &taken, NULL);
    if (LZ4F_isError(status)) {
        portion->why = LZ4F_getErrorName(status);
        return strcmp(portion->why, "ERROR_allocation_failed") == 0 ? OUT_OF_MEMORY : DAMAGED;
    }
    note(portion, taken, given);
    *pace = (struct pace){status, given == portion->room};
    return status == 0 ? MEMBER_ENDS : GO_ON;
}

static void end_lz4(struct decompressor *decompressor)
{
    LZ4F_freeDecompressionContext(decompressor->lz4.context);
}

/* From the formats' specifications. lz4 has zstd's skippable frames; pzstd begins with one. */
static const struct codec codecs[] = {
    {"gzip", "\x1f\x8b", 2, 0xff, begin_gzip, step_gzip, end_gzip},
    {"zstd", "\x28\xb5\x2f\xfd", 4, 0xff, begin_zstd, step_zstd, end_zstd},
    {"zstd", "\x50\x2a\x4d\x18", 4, 0xf0, begin_zstd, step_zstd, end_zstd},
    {"xz", "\xfd" "7zXZ\0", 6, 0xff, begin_xz, step_xz, end_xz},
    {"lz4", "\x04\x22\x4d\x18", 4, 0xff, begin_lz4, step_lz4, end_lz4},
    {"bzip2", "BZh", 3, 0xff, begin_bzip2, step_bzip2, end_bzip2},
};

/* Whether the first `n` bytes of the magic number are these. */
static bool fits(const struct codec *codec, struct bytes start, size_t n)
{
    struct cursor at = cursor_of(start);
    uint8_t first = cursor_u8(&at) & codec->mask;
    return start.n >= n && first == (uint8_t)codec->magic[0] &&
           bytes_start_with(cursor_rest(&at), codec->magic + 1, n - 1);
}

/* The codec whose member begins so, or NULL. `cut`: the end of the file may hide the rest. */
static const struct codec *find(struct bytes start, bool cut)
{
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        size_t n = codecs[i].magic_size;
        if (fits(&codecs[i], start, cut && start.n < n ? start.n : n))
            return &codecs[i];
    }
    return NULL;
}

bool iotsig_decompressor_begins(struct bytes start)
{
    return find(start, false) != NULL;
}

struct decompressor *iotsig_decompressor_new(const struct iotsig_allocator *allocator)
{
    struct decompressor *decompressor = iotsig_memory_get(allocator, sizeof *decompressor);
    if (decompressor != NULL)
        *decompressor = (struct decompressor){.allocator = allocator};
    return decompressor;
}

static int fail(const struct decompressor *decompressor, enum answer answer, const char *why,
                struct iotsig_error *error)
{
    const char *name = decompressor->codec->name;
    if (answer == OUT_OF_MEMORY)
        return iotsig_fail_memory(error);
    if (answer == TOO_LARGE)
        return iotsig_fail(error, IOTSIG_ERR_UNSUPPORTED,
                           "the %s data needs a window of over %zu MiB (decompress it first)", name,
                           DECOMPRESS_WINDOW_MAX / 1024 / 1024);
    return iotsig_fail(error, IOTSIG_ERR_FORMAT,
                       "the %s data is damaged%s%s (fetch the file again)", name,
                       why == NULL ? "" : ": ", why == NULL ? "" : why);
}

static void skip_zeros(struct cursor *in)
{
    struct cursor next = *in;
    while (in->left > 0 && cursor_u8(&next) == 0)
        *in = next;
}

static int begin_member(struct decompressor *decompressor, const struct codec *codec,
                        struct iotsig_error *error)
{
    const struct codec *old = decompressor->codec;
    bool again = old != NULL && old->begin == codec->begin;
    if (old != NULL && !again)
        old->end(decompressor);
    decompressor->codec = codec;
    enum answer answer = codec->begin(decompressor, again);
    decompressor->inside = answer == GO_ON;
    if (answer == GO_ON)
        return DECOMPRESS_ON;
    decompressor->codec = NULL; /* there is nothing to end */
    return iotsig_fail_memory(error);
}

/* Between members, or before the first. */
static int look_for_member(struct decompressor *decompressor, struct cursor *in, bool last,
                           struct iotsig_error *error)
{
    if (decompressor->codec != NULL)
        skip_zeros(in);
    struct bytes rest = cursor_rest(in);
    const struct codec *codec = find(rest, false);
    if (codec != NULL)
        return begin_member(decompressor, codec, error);
    if (rest.n < DECOMPRESS_MAGIC_MAX && !last)
        return DECOMPRESS_ON;
    if (rest.n == 0)
        return DECOMPRESS_END;
    return find(rest, true) != NULL ? DECOMPRESS_CUT : DECOMPRESS_TRAILING;
}

int iotsig_decompressor_step(struct decompressor *decompressor, struct cursor *in, bool last,
                             uint8_t *to, size_t room, size_t *wrote, struct iotsig_error *error)
{
    *wrote = 0;
    if (!decompressor->inside)
        return look_for_member(decompressor, in, last, error);

    struct portion portion = {.in = in, .to = to, .room = room};
    size_t left = in->left;
    enum answer answer = decompressor->codec->step(decompressor, &portion);
    bool nothing = answer == GO_ON && portion.wrote == 0 && in->left == left;
    *wrote = portion.wrote;
    if (nothing && left > 0 && decompressor->stuck)
        answer = DAMAGED;
    decompressor->stuck = nothing && left > 0;
    decompressor->inside = answer == GO_ON;
    if (answer != GO_ON && answer != MEMBER_ENDS)
        return fail(decompressor, answer, portion.why, error);
    return nothing && left == 0 && last ? DECOMPRESS_CUT : DECOMPRESS_ON;
}

void iotsig_decompressor_free(struct decompressor *decompressor)
{
    if (decompressor == NULL)
        return;
    if (decompressor->codec != NULL)
        decompressor->codec->end(decompressor);
    iotsig_memory_free(decompressor->allocator, decompressor);
}
