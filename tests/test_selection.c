/*
 * Selection among devices that this machine does not have, shown by the layer (layers/disguise.h): each form
 * of the grammar of tensorquant/context.h, and each refusal, word by word.
 *
 * A driver is asked for its devices once in a process, so each list of devices has a process of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tensorquant/context.h"

#define LAYER        TQ_BINARY_DIRECTORY "/tests/libdisguise.so"
#define VENDOR       TQ_BINARY_DIRECTORY "/caches/test_selection-no-vendors"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What a selector gives: "P:D type name (platform) units", or the error's text. NULL: tq_device_list's error.
 */
typedef struct choice {
    const char *selector, *given;
} choice;

typedef struct situation {
    const char *name, *disguise; /* disguise NULL: no driver is installed */
    const char *device;          /* TQ_DEVICE */
    choice choice[24];
} situation;

#define MIXED                                                                                                \
    "platform=P,name=Two,type=gpu,units=2,unified=1|platform=P,name=One,type=cpu,units=2|"                   \
    "platform=Q,name=Board,type=accelerator|platform=Q,name=Two Large,type=gpu,units=8,unified=1|"           \
    "platform=Q,name=Odd,type=custom"
#define MIXED_LIST                                                                                           \
    "\n  0:0 gpu 'Two' (P)\n  0:1 cpu 'One' (P)\n  1:0 accelerator 'Board' (Q)\n  1:1 gpu 'Two Large' (Q)"   \
    "\n  1:2 other 'Odd' (Q)"

static const situation situations[] = {
    {"every form of the grammar",
     MIXED,
     NULL,
     {{"", "1:1 gpu Two Large (Q) 8"},
      {"gpu", "1:1 gpu Two Large (Q) 8"},
      {"CPU", "0:1 cpu One (P) 2"},
      {"accelerator", "1:0 accelerator Board (Q) 2"},
      {"fpga", "1:0 accelerator Board (Q) 2"},
      {"0:0", "0:0 gpu Two (P) 2"},
      {"1:2", "1:2 other Odd (Q) 2"},
      {"two", "0:0 gpu Two (P) 2"}, /* its whole name */
      {"two l", "1:1 gpu Two Large (Q) 8"},
      {"tw", "1:1 gpu Two Large (Q) 8"}, /* more compute units */
      {"q", "1:1 gpu Two Large (Q) 8"},
      {"p", "0:0 gpu Two (P) 2"}, /* the better type */
      {"gpu:p", "0:0 gpu Two (P) 2"},
      {"fpga:board", "1:0 accelerator Board (Q) 2"},
      {"cpu:", "0:1 cpu One (P) 2"},
      {"odd", "1:2 other Odd (Q) 2"},
      {"three", "no device matches 'three'; devices found:" MIXED_LIST},
      {"cpu:two", "no device matches 'cpu:two'; devices found:" MIXED_LIST},
      {"2:0", "no device matches '2:0'; devices found:" MIXED_LIST},
      {"0:2", "no device matches '0:2'; devices found:" MIXED_LIST}}},
    {"the environment variable",
     MIXED,
     "board",
     {{"", "1:0 accelerator Board (Q) 2"}, {"odd", "1:2 other Odd (Q) 2"}}},
    {"a wrong environment variable",
     MIXED,
     "bord",
     {{"", "no device matches 'bord' (from TQ_DEVICE); devices found:" MIXED_LIST},
      {"cpu", "0:1 cpu One (P) 2"}}},
    {"an order that changes each time", /* P:D is where the device is in this list */
     MIXED "|turn",
     NULL,
     {{"gpu", "1:0 gpu Two Large (Q) 8"},
      {"gpu", "0:2 gpu Two Large (Q) 8"},
      {"two", "0:0 gpu Two (P) 2"},
      {"tw", "0:1 gpu Two Large (Q) 8"},
      {"cpu", "0:1 cpu One (P) 2"}}},
    {"what is better, where the type is the same",
     "platform=P,type=gpu,unified=1,units=9,name=Shares|platform=P,type=gpu,unified=0,units=1,name=Own|"
     "platform=P,type=cpu,fp64=0,units=9,name=Slow|platform=P,type=cpu,units=2,memory=1G,name=Small|"
     "platform=P,type=cpu,units=2,memory=2G,name=Large|platform=P,type=cpu,units=2,memory=2G,name=Larger|"
     "platform=O,type=cpu,units=2,memory=2G,name=Large",
     NULL,
     {{"gpu", "0:1 gpu Own (P) 1"}, {"cpu", "1:0 cpu Large (O) 2"}, {"cpu:p", "0:4 cpu Large (P) 2"}}},
    {"several of one kind: the first, and by number any",
     "platform=P,type=gpu,name=Twin,copies=3",
     NULL,
     {{"twin", "0:0 gpu Twin (P) 2"}, {"0:2", "0:2 gpu Twin (P) 2"}, {"gpu:twin", "0:0 gpu Twin (P) 2"}}},
    {"devices that cannot be used",
     "platform=Clover,type=gpu,name=Radeon|platform=P,type=gpu,name=Away,available=0|"
     "platform=P,type=gpu,name=Bare,compiler=0|platform=P,type=gpu,name=Old,version=OpenCL 1.1 v|"
     "platform=P,type=gpu,name=Large End,little=0|platform=P,type=gpu,name=Chopper,nearest=0|"
     "platform=P,type=cpu,name=Good",
     NULL,
#define UNUSABLE                                                                                             \
    "; devices found:"                                                                                       \
    "\n  0:0 gpu 'Radeon' (Clover), not usable: Mesa's Clover is OpenCL 1.1 and rejects static functions"    \
    "\n  1:0 gpu 'Away' (P), not usable: the driver says that it is not available"                           \
    "\n  1:1 gpu 'Bare' (P), no compiler: for binaries only"                                                 \
    "\n  1:2 gpu 'Old' (P), not usable: it has 'OpenCL 1.1 v', and OpenCL 1.2 is needed"                     \
    "\n  1:3 gpu 'Large End' (P), not usable: it is big-endian"                                              \
    "\n  1:4 gpu 'Chopper' (P), not usable: its binary32 arithmetic does not round to nearest"               \
    "\n  1:5 cpu 'Good' (P)"
     {{"", "1:5 cpu Good (P) 2"},
      {"o", "1:5 cpu Good (P) 2"}, /* also in names that cannot be used */
      {"clover", "device 'clover' is 'Radeon', which cannot be used: Mesa's Clover is OpenCL 1.1 and rejects "
                 "static functions" UNUSABLE},
      {"away", "device 'away' is 'Away', which cannot be used: the driver says that it is not "
               "available" UNUSABLE},
      {"bare", "1:1 gpu Bare (P) 2"}, /* for binaries; behind others, as the first row says */
      {"1:2", "device '1:2' is 'Old', which cannot be used: it has 'OpenCL 1.1 v', and OpenCL 1.2 is "
              "needed" UNUSABLE},
      {"large end", "device 'large end' is 'Large End', which cannot be used: it is big-endian" UNUSABLE},
      {"chopper",
       "device 'chopper' is 'Chopper', which cannot be used: its binary32 arithmetic does not round "
       "to nearest" UNUSABLE}}},
    {"sub-devices",
     "platform=P,name=Whole|platform=P,name=Equal,equally=1|platform=P,name=Solid,equally=0|"
     "platform=P,name=Eight,units=8,type=gpu",
     NULL,
     {{"whole/1", "0:0 cpu Whole (P) 1"},
      {"whole/2", "0:0 cpu Whole (P) 2"},
      {"cpu:whole/01", "0:0 cpu Whole (P) 1"},
      {"0:0/1", "0:0 cpu Whole (P) 1"},
      {"equal/1", "0:1 cpu Equal (P) 1"},
      {"solid/2", "0:2 cpu Solid (P) 2"}, /* all of it */
      {"/1", "0:3 gpu Eight (P) 1"},
      {"solid/1", "device 'Solid' does not divide into sub-devices"},
      {"whole/3", "a sub-device of 'Whole' has 1 to 2 compute units"},
      {"whole/0", "a sub-device of 'Whole' has 1 to 2 compute units"},
      {"whole/99999999999999999999", "a sub-device of 'Whole' has 1 to 2 compute units"},
      {"eight/4", "device 'Eight' gives no sub-device of 4 of its 8 compute units: "
                  "CL_INVALID_DEVICE_PARTITION_COUNT (-68)"},
      {"none/1", "no device matches 'none/1'; devices found:\n  0:0 cpu 'Whole' (P)\n  0:1 cpu 'Equal' (P)"
                 "\n  0:2 cpu 'Solid' (P)\n  0:3 gpu 'Eight' (P)"},
      {"whole/x", "no device matches 'whole/x'; devices found:\n  0:0 cpu 'Whole' (P)\n  0:1 cpu 'Equal' (P)"
                  "\n  0:2 cpu 'Solid' (P)\n  0:3 gpu 'Eight' (P)"}}},
    {"a platform without devices beside one that has some",
     "platform=Empty,none|platform=P,name=One",
     NULL,
     {{"", "1:0 cpu One (P) 2"},
      {"empty", "no device matches 'empty'; devices found:\n  1:0 cpu 'One' (P)"}}},
    {"only a platform without devices",
     "platform=Empty,none",
     NULL,
     {{"",
       "no device matches ''; devices found: none; on Debian the package pocl-opencl-icd gives one for any "
       "CPU"},
      {"gpu",
       "no device matches 'gpu'; devices found: none; on Debian the package pocl-opencl-icd gives one for "
       "any CPU"}}},
#define NOTHING "no OpenCL platform is installed; on Debian the package pocl-opencl-icd gives one for any CPU"
    {"a loader without platforms", "none", NULL, {{NULL, NOTHING}, {"", NOTHING}, {"cpu", NOTHING}}},
    {"no driver installed", NULL, NULL, {{NULL, NOTHING}, {"", NOTHING}, {"0:0", NOTHING}}},
};

static void choose(char *to, size_t size, const char *selector)
{
    tq_context *context;
    size_t count;
    if (selector == NULL)
        snprintf(to, size, "%s", tq_device_list(NULL, 0, &count) == TQ_E_DEVICE ? tq_error() : "a list");
    else if (tq_context_open(&context, selector) != TQ_OK)
        snprintf(to, size, "%s", tq_error());
    else {
        const tq_device_info *d = tq_context_device(context);
        snprintf(to, size, "%u:%u %s %s (%s) %u", d->platform_index, d->device_index, d->type, d->name,
                 d->platform, d->compute_units);
        tq_context_close(context);
    }
}

/* In the child: how many choices are others than they should be. */
static int count_faults(const situation *s)
{
    char given[4000];
    int faults = 0;
    for (size_t i = 0; i < COUNT(s->choice) && s->choice[i].given != NULL; ++i) {
        const choice *c = &s->choice[i];
        choose(given, sizeof given, c->selector);
        if (strcmp(given, c->given) == 0)
            continue;
        printf("%s: '%s' gives\n%s\nand not\n%s\n", s->name, c->selector != NULL ? c->selector : "(list)",
               given, c->given);
        ++faults;
    }
    return faults;
}

static void be(const situation *s)
{
    unsetenv("TQ_DEVICE");
    if (s->device != NULL)
        setenv("TQ_DEVICE", s->device, 1);
    if (s->disguise == NULL) {
        setenv("OCL_ICD_VENDORS", VENDOR, 1);
        return;
    }
    setenv("OPENCL_LAYERS", LAYER, 1);
    setenv("TQ_DISGUISE", s->disguise, 1);
}

static void test_situation(void **state)
{
    const size_t number = (size_t)(uintptr_t)*state;
    char text[24];
    int status = -1;
    snprintf(text, sizeof text, "%zu", number);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        be(&situations[number]);
        execl("/proc/self/exe", "situation", text, (char *)NULL);
        _exit(100);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[COUNT(situations)];
    if (argc == 2)
        return count_faults(&situations[strtoul(argv[1], NULL, 10)]);
    mkdir(VENDOR, 0700);
    for (size_t i = 0; i < COUNT(situations); ++i)
        tests[i] = (struct CMUnitTest){
            .name = situations[i].name, .test_func = test_situation, .initial_state = (void *)(uintptr_t)i};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
