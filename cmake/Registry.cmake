# tq_registry(VARIABLE FOLDER f TYPE t SYMBOL s TABLE n HEADER h): generates a C file with the table n of pointers to the
# descriptors `t s<file>`, one for each .c file of a folder, ordered by name, NULL at the end. The folder is the registry.
function(tq_registry variable)
    cmake_parse_arguments(arg "" "FOLDER;TYPE;SYMBOL;TABLE;HEADER" "" ${ARGN})
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${arg_FOLDER}/*.c)
    set(declarations "")
    set(rows "")
    foreach(file IN LISTS files)
        get_filename_component(name ${file} NAME_WE)
        string(APPEND declarations "extern const ${arg_TYPE} ${arg_SYMBOL}${name};\n")
        string(APPEND rows "    &${arg_SYMBOL}${name},\n")
    endforeach()
    set(output ${CMAKE_BINARY_DIR}/generated/${arg_TABLE}.c)
    file(CONFIGURE OUTPUT ${output} CONTENT "/* Generated from ${arg_FOLDER}. */
#include <stddef.h>

#include \"${arg_HEADER}\"

${declarations}
extern const ${arg_TYPE} *const ${arg_TABLE}[];
const ${arg_TYPE} *const ${arg_TABLE}[] = {
${rows}    NULL,
};
")
    set(${variable} ${output} PARENT_SCOPE)
endfunction()
