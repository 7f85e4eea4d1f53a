/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs one command line of the program again and again; each time a system call fails, or is cut
 * short, as the line says that asks for the run. The functions of the C library that the program
 * reaches the system by are defined here once more, and so take their place.
 *
 * usage: calls STDIN STDOUT STDERR WORD...
 *
 * asked, a line on standard input:  FUNCTION N ERRNO [MORE]
 *   The Nth call of FUNCTION in the run fails with ERRNO; 0: it does one byte of what it should; -1:
 *   it finds the end of the file. With MORE so do the calls behind it. N 0: nothing fails.
 * answered, a line on standard output:  STATUS CALLS HELD OPEN SIGNALS PATH
 *   The exit status; how often FUNCTION was called; allocations that were not freed; how many more
 *   files are open than before; how many signals are not handled as before; the file that the call
 *   was about ("-": not known).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

/* The functions: X(name, the symbol that takes large files). */
#define FUNCTIONS(X)                                                                               \
    X(open, "open64")                                                                              \
    X(read, "read")                                                                                \
    X(write, "write")                                                                              \
    X(close, "close")                                                                              \
    X(fsync, "fsync")                                                                              \
    X(lseek, "lseek64")                                                                            \
    X(dup, "dup")                                                                                  \
    X(fcntl, "fcntl64")                                                                            \
    X(stat, "stat64")                                                                              \
    X(lstat, "lstat64")                                                                            \
    X(fstat, "fstat64")                                                                            \
    X(fstatat, "fstatat64")                                                                        \
    X(realpath, "realpath")                                                                        \
    X(opendir, "opendir")                                                                          \
    X(readdir, "readdir64")                                                                        \
    X(mkdtemp, "mkdtemp")                                                                          \
    X(rename, "rename")                                                                            \
    X(renameat2, "renameat2")                                                                      \
    X(unlinkat, "unlinkat")                                                                        \
    X(rmdir, "rmdir")                                                                              \
    X(chmod, "chmod")                                                                              \
    X(fchmod, "fchmod")                                                                            \
    X(getrandom, "getrandom")                                                                      \
    X(socket, "socket")                                                                            \
    X(malloc, "malloc")                                                                            \
    X(pthread_create, "pthread_create")

enum function {
#define X(name, symbol) FUNCTION_##name,
    FUNCTIONS(X)
#undef X
        FUNCTION_COUNT
};

static const struct {
    const char *name, *symbol;
} functions[] = {
#define X(name, symbol) {#name, symbol},
    FUNCTIONS(X)
#undef X
};

/* What is to happen in this run. */
static struct {
    bool armed;
    enum function function;
    unsigned long n; /* of its calls; 0: none */
    int number;      /* the errno; 0: short */
    bool lasting;
    unsigned long calls;
    char path[PATH_MAX];
} fault;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

typedef void any_function(void);

static any_function *real(enum function function)
{
    static any_function *found[FUNCTION_COUNT];
    if (found[function] == NULL) {
        void *symbol = dlsym(RTLD_NEXT, functions[function].symbol);
        if (symbol == NULL)
            abort();
        memcpy(&found[function], &symbol, sizeof symbol);
    }
    return found[function];
}

#define REAL(name) ((__typeof__(&(name)))real(FUNCTION_##name))

static void keep_path(int fd, const char *path)
{
    char link[64];
    ssize_t n = -1;
    if (path != NULL) {
        snprintf(fault.path, sizeof fault.path, "%s", path);
        return;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (fd >= 0)
        n = readlink(link, fault.path, sizeof fault.path - 1);
    snprintf(fault.path + (n > 0 ? n : 0), 2, "%s", n > 0 ? "" : "-");
}

/* Whether this call is one that the run is about. */
static bool is_due(enum function function, int fd, const char *path)
{
    bool due = false;
    if (!fault.armed || fault.function != function)
        return false;
    pthread_mutex_lock(&lock);
    fault.calls++;
    due = fault.n != 0 && (fault.calls == fault.n || (fault.lasting && fault.calls > fault.n));
    if (due && fault.calls == fault.n)
        keep_path(fd, path);
    pthread_mutex_unlock(&lock);
    return due;
}

/* Whether it fails; errno says why. */
static bool fails(enum function function, int fd, const char *path)
{
    if (!is_due(function, fd, path))
        return false;
    errno = fault.number;
    return true;
}

#define FD(name, fd)     fails(FUNCTION_##name, fd, NULL)
#define PATH(name, path) fails(FUNCTION_##name, -1, path)

static mode_t mode_of(int flags, va_list rest)
{
    return (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return PATH(open, path) ? -1 : REAL(open)(path, flags, mode);
}

static ssize_t take(int fd, void *to, size_t n)
{
    if (!is_due(FUNCTION_read, fd, NULL))
        return REAL(read)(fd, to, n);
    if (fault.number <= 0)
        return REAL(read)(fd, to, fault.number == 0 && n > 0);
    errno = fault.number;
    return -1;
}

ssize_t read(int fd, void *to, size_t n)
{
    return take(fd, to, n);
}

/* What the compiler calls where it knows how much room there is. */
ssize_t __read_chk(int fd, void *to, size_t n, size_t room);

ssize_t __read_chk(int fd, void *to, size_t n, size_t room)
{
    if (n > room)
        abort();
    return take(fd, to, n);
}

ssize_t write(int fd, const void *from, size_t n)
{
    if (!is_due(FUNCTION_write, fd, NULL))
        return REAL(write)(fd, from, n);
    if (fault.number == 0)
        return REAL(write)(fd, from, n > 0);
    errno = fault.number;
    return -1;
}

/* As Linux does: the file is closed, whatever is said. */
int close(int fd)
{
    bool failed = FD(close, fd);
    int number = errno, status = REAL(close)(fd);
    if (!failed)
        return status;
    errno = number;
    return -1;
}

int fsync(int fd)
{
    return FD(fsync, fd) ? -1 : 0; /* the machine does not stop, and disks are slow */
}

off_t lseek(int fd, off_t offset, int whence)
{
    return FD(lseek, fd) ? -1 : REAL(lseek)(fd, offset, whence);
}

int dup(int fd)
{
    return FD(dup, fd) ? -1 : REAL(dup)(fd);
}

int fcntl(int fd, int command, ...)
{
    va_list rest;
    va_start(rest, command);
    long argument = va_arg(rest, long);
    va_end(rest);
    return FD(fcntl, fd) ? -1 : REAL(fcntl)(fd, command, argument);
}

int stat(const char *path, struct stat *about)
{
    return PATH(stat, path) ? -1 : REAL(stat)(path, about);
}

int lstat(const char *path, struct stat *about)
{
    return PATH(lstat, path) ? -1 : REAL(lstat)(path, about);
}

int fstat(int fd, struct stat *about)
{
    return FD(fstat, fd) ? -1 : REAL(fstat)(fd, about);
}

int fstatat(int folder, const char *path, struct stat *about, int flags)
{
    return PATH(fstatat, path) ? -1 : REAL(fstatat)(folder, path, about, flags);
}

static char *resolve(const char *path, char *to)
{
    return PATH(realpath, path) ? NULL : REAL(realpath)(path, to);
}

char *realpath(const char *path, char *to)
{
    return resolve(path, to);
}

char *__realpath_chk(const char *path, char *to, size_t room);

char *__realpath_chk(const char *path, char *to, size_t room)
{
    if (room < PATH_MAX)
        abort();
    return resolve(path, to);
}

DIR *opendir(const char *path)
{
    return PATH(opendir, path) ? NULL : REAL(opendir)(path);
}

struct dirent *readdir(DIR *folder)
{
    return FD(readdir, dirfd(folder)) ? NULL : REAL(readdir)(folder);
}

char *mkdtemp(char *path)
{
    return PATH(mkdtemp, path) ? NULL : REAL(mkdtemp)(path);
}

int rename(const char *from, const char *to)
{
    return PATH(rename, to) ? -1 : REAL(rename)(from, to);
}

int renameat2(int folder, const char *from, int other, const char *to, unsigned flags)
{
    return PATH(renameat2, to) ? -1 : REAL(renameat2)(folder, from, other, to, flags);
}

int unlinkat(int folder, const char *path, int flags)
{
    return PATH(unlinkat, path) ? -1 : REAL(unlinkat)(folder, path, flags);
}

int rmdir(const char *path)
{
    return PATH(rmdir, path) ? -1 : REAL(rmdir)(path);
}

int chmod(const char *path, mode_t mode)
{
    return PATH(chmod, path) ? -1 : REAL(chmod)(path, mode);
}

int fchmod(int fd, mode_t mode)
{
    return FD(fchmod, fd) ? -1 : REAL(fchmod)(fd, mode);
}

ssize_t getrandom(void *to, size_t n, unsigned flags)
{
    if (!is_due(FUNCTION_getrandom, -1, NULL))
        return REAL(getrandom)(to, n, flags);
    if (fault.number == 0)
        return REAL(getrandom)(to, n > 0, flags);
    errno = fault.number;
    return -1;
}

int socket(int domain, int type, int protocol)
{
    return FD(socket, -1) ? -1 : REAL(socket)(domain, type, protocol);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    return FD(pthread_create, -1) ? fault.number
                                  : REAL(pthread_create)(thread, attributes, start, argument);
}

/*
 * Memory that is asked for: by the program, and by libraries, which have no other way. Sanitizers
 * have their own.
 */
#if defined __GLIBC__ && !defined __SANITIZE_ADDRESS__
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
    return FD(malloc, -1) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return FD(malloc, -1) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return FD(malloc, -1) ? NULL : __libc_realloc(memory, size);
}
#endif

/* Memory of the program, counted. */

static size_t held;

static void *resize(void *user, void *memory, size_t size)
{
    (void)user;
    void *got = NULL;
    if (size == 0)
        free(memory);
    else
        got = realloc(memory, size);
    pthread_mutex_lock(&lock);
    held += memory == NULL && got != NULL;
    held -= memory != NULL && size == 0;
    pthread_mutex_unlock(&lock);
    return got;
}

/* Files that are open. */
static long count_open(void)
{
    long count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += REAL(fcntl)(fd, F_GETFD, 0L) >= 0;
    return count;
}

/* Signals that are handled in a way of the program's. */
static int count_handled(void)
{
    int count = 0;
    struct sigaction action;
    for (int number = 1; number < 32; number++)
        count += sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL &&
                 action.sa_handler != SIG_IGN;
    return count;
}

static bool parse(const char *line)
{
    char name[32], more[8] = "";
    if (sscanf(line, "%31s %lu %d %7s", name, &fault.n, &fault.number, more) < 3)
        return false;
    fault.lasting = strcmp(more, "MORE") == 0;
    for (fault.function = 0; fault.function < FUNCTION_COUNT; fault.function++)
        if (strcmp(functions[fault.function].name, name) == 0)
            return true;
    return false;
}

/* Standard files from the start again, and empty. */
static void rewind_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fd != STDIN_FILENO && ftruncate(fd, 0) != 0)
            abort();
        (void)REAL(lseek)(fd, 0, SEEK_SET);
    }
    clearerr(stdout);
    clearerr(stderr);
}

static void run(int argc, char **argv, FILE *answers)
{
    const struct iotsig_allocator allocator = {resize, NULL};
    long before = count_open();
    int handled = count_handled();
    rewind_files();
    fault.calls = 0;
    held = 0;
    strcpy(fault.path, "-");
    fault.armed = true;
    int status = iotsig_cli(argc, argv, &allocator);
    fault.armed = false;
    fprintf(answers, "%d %lu %zu %ld %d %s\n", status, fault.calls, held, count_open() - before,
            count_handled() - handled, fault.path);
    fflush(answers);
}

static FILE *moved(int fd, const char *mode)
{
    int to = REAL(fcntl)(fd, F_DUPFD_CLOEXEC, 10L);
    return to < 0 ? NULL : fdopen(to, mode);
}

int main(int argc, char **argv)
{
    FILE *questions = moved(STDIN_FILENO, "r"), *answers = moved(STDOUT_FILENO, "w");
    char line[128];
    if (argc < 5 || questions == NULL || answers == NULL || freopen(argv[1], "r", stdin) == NULL ||
        freopen(argv[2], "w+", stdout) == NULL || freopen(argv[3], "w+", stderr) == NULL)
        return EXIT_FAILURE;
    setvbuf(stderr, NULL, _IONBF, 0);
    while (fgets(line, sizeof line, questions) != NULL) {
        if (!parse(line))
            return EXIT_FAILURE;
        run(argc - 3, argv + 3, answers);
    }
    return EXIT_SUCCESS;
}
