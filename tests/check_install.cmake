# Installs the build into a folder of its own and uses it from there as two users would: through the CMake package and
# through pkg-config, from empty folders.
#
#     cmake -DBUILD=<build folder> -DSOURCE=<tests/consumer> -DWORK=<folder to work in> -DCC=<C compiler>
#           -DGENERATOR=<CMake generator> [-DFLAGS=<compiler flags>] -P check_install.cmake
cmake_minimum_required(VERSION 3.22)

set(PREFIX "${WORK}/prefix")
set(EXPECTED "^TensorQuant CL [0-9]+\\.[0-9]+\\.[0-9]+: 0\\.300781\n$")

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT code EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command}: ${code}\n${output}")
    endif()
    set(OUTPUT "${output}" PARENT_SCOPE)
endfunction()

function(run_consumer program)
    run(${CMAKE_COMMAND} -E env "LD_LIBRARY_PATH=${LIBRARY_FOLDER}" "${program}")
    if(NOT OUTPUT MATCHES "${EXPECTED}")
        message(FATAL_ERROR "${program} printed: ${OUTPUT}")
    endif()
    message("${program}: ${OUTPUT}")
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}/with-pkg-config")
run(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${PREFIX}")

file(GLOB_RECURSE libraries "${PREFIX}/libtensorquant.so")
file(GLOB_RECURSE descriptions "${PREFIX}/tensorquant.pc")
if(NOT libraries OR NOT descriptions)
    message(FATAL_ERROR "libtensorquant.so or tensorquant.pc is not installed")
endif()
get_filename_component(LIBRARY_FOLDER "${libraries}" DIRECTORY)
get_filename_component(description_folder "${descriptions}" DIRECTORY)

run(${CMAKE_COMMAND} -S "${SOURCE}" -B "${WORK}/with-cmake" -G "${GENERATOR}" "-DCMAKE_PREFIX_PATH=${PREFIX}"
    "-DCMAKE_C_COMPILER=${CC}" "-DCMAKE_C_FLAGS=${FLAGS}")
run(${CMAKE_COMMAND} --build "${WORK}/with-cmake")
run_consumer("${WORK}/with-cmake/consumer")

find_program(PKG_CONFIG pkg-config REQUIRED)
run(${CMAKE_COMMAND} -E env "PKG_CONFIG_PATH=${description_folder}" ${PKG_CONFIG} --cflags --libs tensorquant)
separate_arguments(flags UNIX_COMMAND "${OUTPUT} ${FLAGS}")
run(${CC} "${SOURCE}/consumer.c" -o "${WORK}/with-pkg-config/consumer" ${flags})
run_consumer("${WORK}/with-pkg-config/consumer")

file(GLOB program "${PREFIX}/bin/tq")
if(program)
    run(${CMAKE_COMMAND} -E env "LD_LIBRARY_PATH=${LIBRARY_FOLDER}" "${program}" --version)
    message("${program}: ${OUTPUT}")
endif()
