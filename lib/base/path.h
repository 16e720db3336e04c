/*
 * What a path leads to.
 */
#ifndef ROTPIPE_BASE_PATH_H
#define ROTPIPE_BASE_PATH_H

/* What path_follow has come to; any other number is an open file of this program's own. */
enum { PATH_NO_DESCRIPTOR = -1, PATH_FOREIGN_DESCRIPTOR = -2 };

/*
 * The path that is left when all links in the place of its last name are followed, also where
 * nothing is there yet; the caller's. It ends at an entry of /dev/fd or of a /proc/N/fd (to which
 * /dev/stdout leads), as that stands for an open file and not for a name; *descriptor tells. NULL,
 * and errno, on error.
 */
char *path_follow(const char *path, int *descriptor);

/* The open file of this program's own that path stands for; a negative number: none. */
int path_descriptor(const char *path);

/*
 * Opens a file that is written in its place, with these flags of open(2). A path that stands for
 * one of the program's own open files is written on from where that is, as `>>` wants it. Returns
 * a descriptor, the caller's, or -1 and errno.
 */
int path_open_in_place(const char *path, int flags);

/*
 * True if both are one regular file, by whatever links, or would be once it is made. What cannot be
 * looked at is not the same.
 */
int path_same_file(const char *a, const char *b);

/* True if the open descriptor is the regular file at this path. */
int path_is_open_as(const char *path, int fd);

#endif
