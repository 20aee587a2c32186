#include "support/fault_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const calls[] = {
#define CALL(name) #name,
#include "layers/fault_calls.h"
#undef CALL
    NULL,
};

void tq_fault_log_start(const char *build)
{
    char layer[4096];
    snprintf(layer, sizeof layer, "%s/tests/libfault.so", build);
    setenv("OPENCL_LAYERS", layer, 1);
    setenv("TQ_FAULT_LOG", "fault.log", 1);
    if (access("/etc/OpenCL/vendors/pocl.icd", R_OK) == 0)
        setenv("OCL_ICD_VENDORS", "/etc/OpenCL/vendors/pocl.icd", 0); /* other drivers take time to load */
}

const char *tq_fault_call(size_t i)
{
    return calls[i];
}

/* What stands behind these words at the begin of a line; NULL: there is none. */
static const char *find_line(const char *log, const char *words)
{
    const size_t length = strlen(words);
    for (const char *line = log; line != NULL && *line != '\0';) {
        if (strncmp(line, words, length) == 0)
            return line + length;
        line = strchr(line, '\n');
        line += line != NULL;
    }
    return NULL;
}

unsigned long tq_fault_log_count(const char *log, const char *call)
{
    char words[80];
    snprintf(words, sizeof words, "count %s ", call);
    const char *const found = find_line(log, words);
    return found != NULL ? strtoul(found, NULL, 10) : 0;
}

bool tq_fault_log_failed(const char *log, char *call, size_t size)
{
    const char *const found = find_line(log, "failed ");
    if (found != NULL)
        snprintf(call, size, "%.*s", (int)strcspn(found, " "), found);
    return found != NULL;
}

bool tq_fault_log_wrong(const char *log, char *text, size_t size)
{
    static const char *const words[] = {"alive ", "released "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; ++i) {
        const char *const found = find_line(log, words[i]);
        if (found == NULL)
            continue;
        snprintf(text, size, "%s%.*s", words[i], (int)strcspn(found, "\n"), found);
        return true;
    }
    return false;
}
