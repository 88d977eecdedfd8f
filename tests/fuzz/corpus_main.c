/*
 * Runs one fuzz target over its corpus without a fuzzer: the regression test.
 * The corpus is $top_srcdir/tests/fuzz/corpus/<name of the program less "fuzz_">.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
run_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL) {
		perror(path);
		return 1;
	}
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	(void)LLVMFuzzerTestOneInput(data, n);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *top = getenv("top_srcdir"), *name = strrchr(argv[0], '/');
	char dir[4096], path[8192];
	struct dirent *e;
	int files = 0, bad = 0;
	DIR *d;

	for (int i = 1; i < argc; i++)
		bad += run_file(argv[i]);
	if (argc > 1)
		return bad != 0;
	name = name != NULL ? name + 1 : argv[0];
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	(void)snprintf(dir, sizeof(dir), "%s/tests/fuzz/corpus/%s",
	    top != NULL ? top : ".", name);
	if ((d = opendir(dir)) == NULL) {
		perror(dir);
		return 1;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		bad += run_file(path);
		files++;
	}
	closedir(d);
	printf("1..1\n%s 1 - %d corpus files of %s\n",
	    bad == 0 && files > 0 ? "ok" : "not ok", files, name);
	return bad != 0 || files == 0;
}
