/* The names in a folder, told apart by type, with as few looks at the files as possible. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* DT_REG and its kin */
#endif
#include "import/folder.h"

#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum kind { KIND_FILE, KIND_FOLDER, KIND_SPECIAL };

void folder_names_free(struct folder_names *names)
{
    free(names->name);
    free(names->text);
    *names = (struct folder_names){0};
}

int folder_same(const struct folder_identity *a, const struct folder_identity *b)
{
    return a->device == b->device && a->inode == b->inode;
}

static int add_name(struct folder_names *names, const char *name, struct error *e)
{
    size_t size = strlen(name) + 1;

    if (size > names->text_room - names->used) {
        size_t room = 2 * names->text_room + size + 1024;
        char *text = realloc(names->text, room);
        if (!text)
            return error_memory(e, "names of files");
        names->text = text;
        names->text_room = room;
    }
    memcpy(names->text + names->used, name, size);
    names->used += size;
    names->n++;
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* After the last add_name: finds where each begins, and sorts them. */
static int sort_names(struct folder_names *names, struct error *e)
{
    const char *at = names->text;

    if (names->n > names->name_room) {
        free(names->name);
        names->name_room = 0;
        if (!(names->name = malloc(names->n * sizeof *names->name)))
            return error_memory(e, "names of files");
        names->name_room = names->n;
    }
    for (size_t i = 0; i < names->n; i++) {
        names->name[i] = at;
        at += strlen(at) + 1;
    }
    if (names->n)
        qsort(names->name, names->n, sizeof *names->name, by_bytes);
    return 0;
}

/* What the system says of a folder: 1 if the folder is at fault, or -1. */
static int failed(const char *path, int error, struct error *e)
{
    if (files_is_at_fault(error)) {
        error_set(e, "%s", strerror(error));
        return 1;
    }
    return error_set(e, "%.300s: %s", path, strerror(error));
}

/* What cannot be looked at counts as a file: whoever opens it will say why it cannot be. */
static enum kind look(DIR *folder, const char *name)
{
    struct stat st;

    if (fstatat(dirfd(folder), name, &st, 0) < 0 || S_ISREG(st.st_mode))
        return KIND_FILE;
    return S_ISDIR(st.st_mode) ? KIND_FOLDER : KIND_SPECIAL;
}

static enum kind kind_of(DIR *folder, const struct dirent *entry)
{
#ifdef DT_REG
    switch (entry->d_type) {
    case DT_REG:
        return KIND_FILE;
    case DT_DIR:
        return KIND_FOLDER;
    case DT_LNK:
    case DT_UNKNOWN:
        break;
    default:
        return KIND_SPECIAL;
    }
#endif
    return look(folder, entry->d_name);
}

static int is_picture(const char *ending)
{
    static const char *const known[] = {".png", ".jpg", ".jpeg", ".jpe", ".jfif"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcasecmp(ending, known[i]) == 0)
            return 1;
    return 0;
}

/* Counts a file of another type, and keeps its ending if there is room. */
static void skip_other(struct folder_skipped *s, const char *ending)
{
    s->other++;
    if (!*ending)
        return;
    for (int i = 0; i < s->endings; i++)
        if (strcmp(s->ending[i], ending) == 0)
            return;
    if (s->endings < FOLDER_ENDINGS && strlen(ending) < FOLDER_ENDING_BYTES)
        memcpy(s->ending[s->endings++], ending, strlen(ending) + 1);
    else
        s->more_endings = 1;
}

/* One entry of a folder goes where it belongs. */
static int sort_out(DIR *folder, const struct dirent *entry, struct folder_names *files,
                    struct folder_names *folders, struct folder_skipped *skipped, struct error *e)
{
    struct folder_skipped unsaid = {0}, *s = skipped ? skipped : &unsaid;
    const char *name = entry->d_name, *ending = strrchr(name, '.');

    if (*name == '.') {
        s->hidden += strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
        return 0;
    }
    switch (kind_of(folder, entry)) {
    case KIND_FOLDER:
        return folders ? add_name(folders, name, e) : 0;
    case KIND_SPECIAL:
        s->special++;
        return 0;
    case KIND_FILE:
        break;
    }
    if (!ending || !is_picture(ending)) {
        skip_other(s, ending ? ending : "");
        return 0;
    }
    return files ? add_name(files, name, e) : 0;
}

static int read_entries(DIR *folder, const char *path, struct folder_names *files,
                        struct folder_names *folders, struct folder_skipped *skipped,
                        struct error *e)
{
    for (;;) {
        const struct dirent *entry;
        errno = 0;
        if (!(entry = readdir(folder)))
            break;
        if (sort_out(folder, entry, files, folders, skipped, e) < 0)
            return -1;
    }
    if (errno)
        return failed(path, errno, e);
    if ((files && sort_names(files, e) < 0) || (folders && sort_names(folders, e) < 0))
        return -1;
    return 0;
}

int folder_read(const char *path, struct folder_names *files, struct folder_names *folders,
                struct folder_identity *identity, struct folder_skipped *skipped, struct error *e)
{
    DIR *folder = opendir(path);
    struct stat st;
    int status;

    if (files)
        files->n = files->used = 0;
    if (folders)
        folders->n = folders->used = 0;
    if (!folder || fstat(dirfd(folder), &st) < 0) {
        status = failed(path, errno, e);
        if (folder)
            closedir(folder);
        return status;
    }
    *identity = (struct folder_identity){st.st_dev, st.st_ino};
    status = read_entries(folder, path, files, folders, skipped, e);
    closedir(folder);
    if (status != 0) {
        if (files)
            files->n = 0;
        if (folders)
            folders->n = 0;
    }
    return status;
}

uint64_t folder_skipped_count(const struct folder_skipped *s)
{
    return s->other + s->hidden + s->special + s->loops + s->outside;
}

/* Adds a part to a list of them. */
static void say_part(char *text, size_t size, uint64_t n, const char *what)
{
    size_t used = strlen(text);

    if (n)
        snprintf(text + used, size - used, "%s%llu %s", used ? ", " : "", (unsigned long long)n,
                 what);
}

void folder_skipped_say(const struct folder_skipped *s, char *text, size_t size)
{
    char other[128] = "of other types", parts[256] = "";
    unsigned long long n = folder_skipped_count(s);

    for (int i = 0; i < s->endings; i++) {
        size_t used = strlen(other);
        snprintf(other + used, sizeof other - used, "%s%s", i ? ", " : " (", s->ending[i]);
    }
    if (s->endings) {
        size_t used = strlen(other);
        snprintf(other + used, sizeof other - used, "%s)", s->more_endings ? ", ..." : "");
    }
    say_part(parts, sizeof parts, s->other, other);
    say_part(parts, sizeof parts, s->hidden, "hidden");
    say_part(parts, sizeof parts, s->special, "special");
    say_part(parts, sizeof parts, s->loops,
             s->loops == 1 ? "a folder that contains itself" : "folders that contain themselves");
    say_part(parts, sizeof parts, s->outside, "in no class folder");
    snprintf(text, size, "%llu file%s skipped: %s", n, n == 1 ? "" : "s", parts);
}
