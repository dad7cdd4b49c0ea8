/* LD_PRELOAD shim: the n-th call that changes a file below a folder fails, or kills the process.
 *
 * Counted are open for writing, write, fsync, rename, unlink, mkdir, rmdir and ftruncate, by path
 * or by what a descriptor points to. Armed from Python with ctypes; an unarmed process behaves as
 * without it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long count, at;
static int failure, armed;
static char folder[PATH_MAX];

void fault_arm(const char *path, long n, int number) {
    snprintf(folder, sizeof folder, "%s", path);
    count = 0;
    at = n;
    failure = number;
    armed = 1;
}

long fault_count(void) { return count; }

/* 1 where this call is to fail; errno is set then. A failure of 0 kills. */
static int fails(void) {
    if (++count != at) return 0;
    if (failure == 0) kill(getpid(), SIGKILL);
    errno = failure;
    return 1;
}

static int below(const char *path) {
    size_t n = strlen(folder);
    return armed && path && !strncmp(path, folder, n) && (path[n] == '/' || !path[n]);
}

static int is_ours(int fd) {
    if (!armed) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return below(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define WRITES(flags) ((flags) & (O_WRONLY | O_RDWR | O_CREAT))

#define OPEN(name)                                                            \
    int name(const char *path, int flags, ...) {                              \
        va_list rest;                                                         \
        va_start(rest, flags);                                                \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;             \
        va_end(rest);                                                         \
        if (WRITES(flags) && below(path) && fails()) return -1;               \
        return REAL(name)(path, flags, mode);                                 \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                          \
    int name(int at_fd, const char *path, int flags, ...) {                   \
        va_list rest;                                                         \
        va_start(rest, flags);                                                \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;             \
        va_end(rest);                                                         \
        if (WRITES(flags) && below(path) && fails()) return -1;               \
        return REAL(name)(at_fd, path, flags, mode);                          \
    }
OPENAT(openat)
OPENAT(openat64)

#define BY_FD(type, name, arguments, names)                                   \
    type name arguments {                                                     \
        if (is_ours(fd) && fails()) return -1;                                \
        return REAL(name) names;                                              \
    }
BY_FD(ssize_t, write, (int fd, const void *data, size_t n), (fd, data, n))
BY_FD(ssize_t, writev, (int fd, const struct iovec *data, int n), (fd, data, n))
BY_FD(ssize_t, pwrite, (int fd, const void *data, size_t n, off_t offset), (fd, data, n, offset))
BY_FD(ssize_t, pwrite64, (int fd, const void *data, size_t n, off64_t offset), (fd, data, n, offset))
BY_FD(int, fsync, (int fd), (fd))
BY_FD(int, fdatasync, (int fd), (fd))
BY_FD(int, ftruncate, (int fd, off_t n), (fd, n))
BY_FD(int, ftruncate64, (int fd, off64_t n), (fd, n))

#define BY_PATH(name, arguments, path, names)                                 \
    int name arguments {                                                      \
        if (below(path) && fails()) return -1;                                \
        return REAL(name) names;                                              \
    }
BY_PATH(rename, (const char *from, const char *to), to, (from, to))
BY_PATH(unlink, (const char *path), path, (path))
BY_PATH(mkdir, (const char *path, mode_t mode), path, (path, mode))
BY_PATH(rmdir, (const char *path), path, (path))
