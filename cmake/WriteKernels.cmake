# Run by EmbedKernels.cmake: writes OUTPUT with each of FILES (joined by |) as an array, and the functions that find them.
string(REPLACE "|" ";" files "${FILES}")
set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS files)
    file(RELATIVE_PATH name ${ROOT} ${file})
    file(READ ${file} hex HEX)
    string(LENGTH "${hex}" length)
    math(EXPR length "${length} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
    string(APPEND arrays "static const unsigned char kernel_${number}[] = {\n${bytes}0};\n")
    string(APPEND rows "    {\"${name}\", (const char *)kernel_${number}, ${length}},\n")
    math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "/* Generated from kernels/. */
#include <string.h>

#include \"runtime/program.h\"

${arrays}
static const tq_source sources[] = {
${rows}};

size_t tq_source__count(void)
{
    return sizeof sources / sizeof sources[0];
}

const tq_source *tq_source__at(size_t i)
{
    return &sources[i];
}

const tq_source *tq_source__find(const char *name)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; ++i)
        if (strcmp(sources[i].name, name) == 0)
            return &sources[i];
    return NULL;
}
")
