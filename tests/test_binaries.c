/*
 * Running from binaries on a device without a compiler: PoCL, disguised (layers/disguise.h), with what `tq
 * emit` has built on it undisguised. The same bits as compiled, and every fault of such a folder by its text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/tq_program.h"

#define BARE                                                                                                 \
    "OPENCL_LAYERS='" TQ_BINARY_DIRECTORY "/tests/libdisguise.so' TQ_DEVICE=accelerator "                    \
    "TQ_DISGUISE='type=accelerator,compiler=0' "
#define TINY "tiny.onnx --intrinsic nearest,16,8 "
#define RUN  "tq run " TINY "--data npy:x.npy "

/* Fails with this code, and with both texts. */
static void fails(int code, const char *line, const char *text, const char *other)
{
    tq_said said = tq_program_run("%s", line);
    if (said.code != code || strstr(said.err, text) == NULL || strstr(said.err, other) == NULL)
        fail_msg("%s\nended with %d and said: %s\nwhich should be %d, '%s' and '%s'", line, said.code,
                 said.err, code, text, other);
    tq_said_free(&said);
}

/* Ends well. What compilers say on stderr is theirs. */
static void shell(const char *line)
{
    tq_said said = tq_program_run("%s", line);
    if (said.code != 0)
        fail_msg("%s: ended with %d: %s", line, said.code, said.err);
    tq_said_free(&said);
}

static void emitted(void **state)
{
    (void)state;
    tq_said said = tq_program_run("tq emit " TINY "--target pocl --out built");
    if (said.code != 0)
        fail_msg("%s", said.err);
    assert_non_null(strstr(said.out, "binary    kernels.bin\n"));
    assert_non_null(strstr(said.out, "run       tq run tiny.onnx --binaries built"));
    tq_said_free(&said);
    tq_program_expect(1, "'built' exists already; what is in it may have taken hours",
                      "tq emit " TINY "--target pocl --out built");
    fails(1, BARE "tq emit " TINY "--target pocl --out bare", "target 'pocl' builds on the device, and '",
          "has no compiler");
    tq_program_expect(2, "there is no target 'stone'; targets: device, generic, intel, pocl",
                      "tq emit " TINY "--target stone --out other");
    tq_program_expect(2, "--out is missing", "tq emit " TINY);
}

/* Without a compiler, by the command that compiles and by the binary. */
static void same_bits(void **state)
{
    (void)state;
    fails(1, BARE RUN, "has no compiler; it runs from binaries", "`tq emit` makes it");
    shell(RUN "--out compiled.npy");
    shell(BARE RUN "--binaries built --out bare.npy");
    tq_file_expect_same("bare.npy", "compiled.npy");
    shell(RUN "--binaries built --batch 2 --out built.npy");
    tq_file_expect_same("built.npy", "compiled.npy");
    /* Widths are arguments: the same binary. */
    shell("tq run tiny.onnx --intrinsic nearest,12,6 --data npy:x.npy --out compiled12.npy");
    shell(BARE
          "tq run tiny.onnx --intrinsic nearest,12,6 --data npy:x.npy --binaries built --out bare12.npy");
    tq_file_expect_same("bare12.npy", "compiled12.npy");
    tq_said said = tq_program_run(BARE "tq devices");
    assert_non_null(strstr(said.out, "no compiler: runs from binaries only (`tq emit`)"));
    tq_said_free(&said);
}

static void missing_files(void **state)
{
    (void)state;
    fails(1, BARE RUN "--binaries nowhere", "no binaries (`tq emit` makes a folder of them)",
          "cannot open 'nowhere/manifest.json'");
    shell("cp -r built lost && rm lost/kernels.bin");
    fails(1, BARE RUN "--binaries lost", "cannot open 'lost/kernels.bin'",
          "no binary (tq emit tiny.onnx --intrinsic nearest,16,8 --target pocl --batch 64 --out built makes "
          "it");
    shell("cp -r built mute && rm mute/kernels.cl");
    fails(1, BARE RUN "--binaries mute", "cannot open 'mute/kernels.cl'",
          "binaries without their text (tq emit");
    shell("tq emit " TINY "--target intel --out intel");
    fails(1, BARE RUN "--binaries intel", "cannot open 'intel/kernels.aocx'",
          "no binary (aoc -march=emulator kernels.cl -o kernels.aocx makes it of kernels.cl)");
    shell("tq emit " TINY "--out generic");
    fails(1, BARE RUN "--binaries generic", "cannot open 'generic/kernels.bin'",
          "no binary (the compiler of the device makes it of kernels.cl)");
}

static void stale_files(void **state)
{
    (void)state;
    fails(1, BARE RUN "--binaries built --float fast",
          "option 'float' is 'fast', but the context runs from binaries", "");
    fails(1, BARE "tq run tiny.onnx --intrinsic bf16 --data npy:x.npy --binaries built",
          "'built/manifest.json' is stale: it lacks a program that is wanted",
          "make it again, elsewhere or after removing it: tq emit tiny.onnx");
    shell("cp -r built text && echo '/* mine */' >> text/kernels.cl");
    fails(1, BARE RUN "--binaries text", "'text/kernels.cl' is stale: it is not the text of the manifest",
          "tq emit");
    shell("cp -r built bits && echo more >> bits/kernels.bin");
    fails(1, BARE RUN "--binaries bits", "'bits/kernels.bin' is stale: it is not the binary of the manifest",
          "tq emit");
    shell("cp -r built older && sed -i 's/\"version\": \"[0-9.]*\"/\"version\": \"0.0.9\"/' "
          "older/manifest.json");
    fails(1, BARE RUN "--binaries older", "'older/manifest.json' is stale: it was made by version 0.0.9",
          "tq emit");
    shell("cp -r built moved && sed -i 's/\"driver\": \"[^\"]*\"/\"driver\": \"7.0\"/' moved/manifest.json");
    fails(1, BARE RUN "--binaries moved",
          "'moved/kernels.bin' is stale: it is of driver '7.0', and this is '", "tq emit");
    shell("cp -r built next && sed -i 's/\"format\": 1/\"format\": 2/' next/manifest.json");
    fails(1, BARE RUN "--binaries next", "'format' is not 1, the only one that this version reads",
          "next/manifest");
    shell("cp -r built torn && echo '{' > torn/manifest.json");
    fails(1, BARE RUN "--binaries torn", "'torn/manifest.json', line 2, column 0", "");
}

/* A vendor's binary, of which the manifest does not know the hash: one of another text has other kernels; and
 * what is none. */
static void wrong_binaries(void **state)
{
    (void)state;
    shell("tq emit tiny.onnx --intrinsic down,12,4 --target pocl --out others");
    shell("cp others/kernels.bin generic/");
    fails(1, BARE RUN "--binaries generic", "'generic/kernels.bin' is stale: it has no kernel 'k",
          "make it again: the compiler of the device");
    shell("cp built/kernels.bin generic/");
    shell(BARE RUN "--binaries generic --out generic.npy");
    tq_file_expect_same("generic.npy", "compiled.npy");
    shell("echo nothing > generic/kernels.bin");
    fails(1, BARE RUN "--binaries generic", "'generic/kernels.bin': clCreateProgramWithBinary failed on",
          "CL_INVALID_BINARY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(emitted), cmocka_unit_test(same_bits),
                                       cmocka_unit_test(missing_files), cmocka_unit_test(stale_files),
                                       cmocka_unit_test(wrong_binaries)};
    tq_program_start(TQ_BINARY_DIRECTORY, "test_binaries");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
