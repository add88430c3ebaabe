/* Remembers what a disk would still hold after a power cut: what was synced, and nothing else.
 *
 * Loaded before a station's process (LD_PRELOAD). Of every file under POWERCUT_OF, each fsync and fdatasync leaves a copy
 * under POWERCUT_KEEP, made whole and renamed into place before the caller hears that the sync is done. What is
 * unlinked is gone, as a journalling file system orders it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int kept_name(const char *path, char *out) {
    const char *of = getenv("POWERCUT_OF"), *keep = getenv("POWERCUT_KEEP");
    size_t length = of ? strlen(of) : 0;
    if (!of || !keep || strncmp(path, of, length) || path[length] != '/' || strchr(path + length + 1, '/'))
        return 0;
    snprintf(out, PATH_MAX, "%s/%s", keep, path + length + 1);
    return 1;
}

static void keep(int fd) {
    char link[64], path[PATH_MAX], kept[PATH_MAX], part[PATH_MAX + 8], block[65536];
    struct stat status;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || fstat(fd, &status) || !S_ISREG(status.st_mode))
        return;
    path[length] = 0;
    if (!kept_name(path, kept))
        return;
    snprintf(part, sizeof part, "%s.part", kept);
    int from = open(path, O_RDONLY), to = open(part, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ssize_t got;
    while (from >= 0 && to >= 0 && (got = read(from, block, sizeof block)) > 0)
        if (write(to, block, (size_t)got) != got)
            abort();
    close(from);
    close(to);
    rename(part, kept);
}

static int synced(const char *which, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, which);
    int done = real(fd);
    if (!done)
        keep(fd);
    return done;
}

int fsync(int fd) { return synced("fsync", fd); }

int fdatasync(int fd) { return synced("fdatasync", fd); }

int unlink(const char *path) {
    char kept[PATH_MAX], whole[PATH_MAX];
    int known = realpath(path, whole) && kept_name(whole, kept);
    int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
    int done = real(path);
    if (!done && known)
        real(kept);
    return done;
}
