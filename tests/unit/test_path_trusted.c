/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The Adit authors */

/*
 * path_trusted.h: which paths a privileged process opens.
 */

#include "compat.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "path_trusted.h"
#include "tap.h"

static char folder[] = "/tmp/adit-test-XXXXXX";
static const char *why;

/* A path in the folder; one of four texts. */
static const char *
in_folder(const char *name)
{
	static char text[4][300];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(text[i], sizeof(text[i]), "%s/%s", folder, name);
	return text[i];
}

static void
make_file(const char *name, mode_t mode)
{
	int fd = open(in_folder(name), O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || write(fd, "key", 3) != 3 || fchmod(fd, mode) != 0)
		exit(1);
	close(fd);
}

static void
make_folder(const char *name, mode_t mode)
{
	if (mkdir(in_folder(name), 0700) != 0 ||
	    chmod(in_folder(name), mode) != 0)
		exit(1);
}

static void
make_link(const char *to, const char *name)
{
	if (symlink(to, in_folder(name)) != 0)
		exit(1);
}

static void
opens(const char *path, enum path_trust trust, const char *what)
{
	int fd = path_open_trusted(path, trust, &why);

	ok(fd >= 0, "opened: %s", what);
	if (fd < 0)
		printf("# %s: %s\n", path, why);
	ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0,
	    "  for this program only");
	close(fd);
}

static void
refuses(const char *path, enum path_trust trust, int error, const char *what)
{
	int fd;

	errno = 0;
	fd = path_open_trusted(path, trust, &why);
	is_int(fd, -1, "refused: %s", what);
	is_int(errno, error, "  with its error");
	ok(fd >= 0 || (why != NULL && *why != '\0'), "  and in words");
	if (fd >= 0)
		close(fd);
}

static void
test_files(void)
{
	opens(in_folder("key"), PATH_READ, "a file of ours");
	opens(in_folder("key"), PATH_OWNED, "a file that only we change");
	opens(in_folder("./deep/../deep//key"), PATH_READ, "a long way to it");
	opens(in_folder("shared"), PATH_READ, "a file that others may write");
	refuses(in_folder("shared"), PATH_OWNED, EACCES,
	    "the same as a configuration");
	refuses(in_folder("none"), PATH_READ, ENOENT, "no file");
	refuses(in_folder("key/x"), PATH_READ, ENOTDIR, "a file as folder");
	refuses(in_folder("deep"), PATH_READ, EISDIR, "a folder");
	refuses(in_folder("deep/"), PATH_READ, EISDIR, "a folder, by a slash");
	refuses("", PATH_READ, EISDIR, "no path");
	refuses("/", PATH_READ, EISDIR, "the root");
	refuses("/dev/null", PATH_READ, EINVAL, "a device");
}

static void
test_folders(void)
{
	refuses(in_folder("all/key"), PATH_READ, EACCES,
	    "a file where everybody writes");
	refuses(in_folder("group/key"), PATH_READ, EACCES,
	    "a file where a group writes");
	refuses(in_folder("all/deep/key"), PATH_READ, EACCES,
	    "a folder that anybody may replace");
	refuses(in_folder("sticky/key"), PATH_READ, EACCES,
	    "a file that may be a hard link");
	opens(in_folder("sticky/key"), PATH_CONF, "a configuration there");
	refuses(in_folder("sticky/link"), PATH_CONF, EACCES,
	    "a link to one that may be anybody's");
	opens(in_folder("sticky/deep/key"), PATH_READ,
	    "a folder that only we replace");
	refuses(in_folder("sticky/link"), PATH_READ, EACCES,
	    "a link that may be anybody's");
}

static void
test_links(void)
{
	opens(in_folder("link"), PATH_READ, "a link to a file");
	opens(in_folder("absolute"), PATH_READ, "a link to an absolute path");
	opens(in_folder("to-deep/key"), PATH_READ, "a link to a folder");
	opens(in_folder("deep/up"), PATH_READ, "a link through ..");
	refuses(in_folder("to-all"), PATH_READ, EACCES,
	    "a link into a folder where everybody writes");
	refuses(in_folder("loop"), PATH_READ, ELOOP, "a link to itself");
	refuses(in_folder("dangling"), PATH_READ, ENOENT, "a link to nothing");
}

static void
test_fifo(void)
{
	char byte;
	int fd;

	if (mkfifo(in_folder("fifo"), 0600) != 0)
		exit(1);
	fd = path_open_trusted(in_folder("fifo"), PATH_READ, &why);
	ok(fd >= 0, "opened: a FIFO that nobody writes to, without waiting");
	ok(read(fd, &byte, 1) <= 0, "  and reads do not wait");
	close(fd);
	refuses(in_folder("fifo"), PATH_LOG, ENXIO, "a FIFO as log");
}

static void
test_logs(void)
{
	struct stat st;

	opens(in_folder("log"), PATH_LOG, "a new log");
	ok(stat(in_folder("log"), &st) == 0 && (st.st_mode & 07) == 0,
	    "  that others cannot read");
	opens(in_folder("log"), PATH_LOG, "a log that is there");
	opens(in_folder("group/log"), PATH_LOG,
	    "a log in a folder of a group, as /var/log");
	refuses(in_folder("all/log"), PATH_LOG, EACCES,
	    "a log where everybody writes");
	refuses(in_folder("sticky/log"), PATH_LOG, EACCES,
	    "a log where everybody makes files");
	refuses(in_folder("link"), PATH_LOG, ELOOP, "a link as log");
	if (link(in_folder("key"), in_folder("hard")) != 0)
		exit(1);
	refuses(in_folder("hard"), PATH_LOG, EACCES,
	    "a log that has a second name");
	is_int(stat(in_folder("all/log"), &st), -1, "and nothing was made");
}

/* A relative path begins in the present folder. */
static void
test_relative(void)
{
	if (chdir(folder) != 0)
		exit(1);
	opens("deep/key", PATH_READ, "a relative path");
	opens("key", PATH_OWNED, "a name");
	if (chdir(in_folder("all")) != 0)
		exit(1);
	refuses("key", PATH_READ, EACCES, "a name where everybody writes");
}

int
main(void)
{
	char command[100];
	struct stat st;

	umask(0);
	if (stat("/tmp", &st) != 0 || (st.st_mode & S_ISVTX) == 0 ||
	    st.st_uid != 0 || mkdtemp(folder) == NULL) {
		puts("1..0 # SKIP no /tmp of root's");
		return 0;
	}
	make_file("key", 0600);
	make_file("shared", 0666);
	make_folder("deep", 0755);
	make_file("deep/key", 0644);
	make_folder("all", 0777);
	make_file("all/key", 0600);
	make_folder("all/deep", 0700);
	make_file("all/deep/key", 0600);
	make_folder("group", 0775);
	make_file("group/key", 0600);
	make_folder("sticky", 01777);
	make_file("sticky/key", 0600);
	make_folder("sticky/deep", 0700);
	make_file("sticky/deep/key", 0600);
	make_link("key", "link");
	make_link(in_folder("key"), "absolute");
	make_link("deep", "to-deep");
	make_link("../key", "deep/up");
	make_link("all/key", "to-all");
	make_link("../key", "sticky/link");
	make_link("loop", "loop");
	make_link("none", "dangling");
	test_files();
	test_folders();
	test_links();
	test_fifo();
	test_logs();
	test_relative();
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (chdir("/") != 0 || system(command) != 0)
		puts("# the folder is still there");
	return done_testing();
}
