/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Gives the files of folders to a fuzz target; of the seeds, which were written by hand, also
 * beginnings and single changes.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define INPUT_MAX ((size_t)1 << 20)

/* An exact allocation, so that a sanitizer sees a step past the end. */
static void give(const uint8_t *data, size_t n)
{
    uint8_t *exact = malloc(n > 0 ? n : 1);
    REQUIRE(exact != NULL);
    memcpy(exact, data, n);
    LLVMFuzzerTestOneInput(exact, n);
    free(exact);
}

static void vary(uint8_t *data, size_t n)
{
    size_t step = n / 64 + 1;
    give(data, n);
    for (size_t i = 0; i < n; i += step) {
        static const uint8_t masks[] = {0x01, 0x80, 0xff};
        give(data, i);
        for (size_t j = 0; j < sizeof masks; j++) {
            data[i] ^= masks[j];
            give(data, n);
            data[i] ^= masks[j];
        }
    }
}

static int replay_file(const char *folder, const char *name)
{
    static uint8_t data[INPUT_MAX];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    size_t n = fread(data, 1, sizeof data, file);
    fclose(file);
    if (strncmp(name, "seed-", 5) == 0)
        vary(data, n);
    else
        give(data, n);
    return 1;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++) {
        struct dirent **entries;
        int n = scandir(argv[i], &entries, NULL, alphasort);
        for (int j = 0; j < n; j++) {
            if (entries[j]->d_name[0] != '.')
                count += replay_file(argv[i], entries[j]->d_name);
            free(entries[j]);
        }
        if (n >= 0)
            free(entries);
    }
    give((const uint8_t *)"", 0);
    printf("%d inputs\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
